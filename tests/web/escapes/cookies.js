ways({
  read: async () => document.cookie,
  write: async () => {
    document.cookie = "escape=1; path=/";
    return document.cookie;
  },
  store: async () => (await cookieStore.getAll()).map((each) => each.name).join(),
});
