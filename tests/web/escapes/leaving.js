ways({
  elsewhere: async () => {
    location = `${AWAY}/location`;
    await settle();
  },
  replaced: async () => {
    location.replace(`${AWAY}/replace`);
    await settle();
  },
  link: async () => {
    put("a", { href: `${AWAY}/self` }).click();
    await settle();
  },
  saved: async () => {
    put("a", { href: `${AWAY}/saved`, download: "" }).click();
    await settle();
  },
  data: async () => {
    location = `data:text/html,<img src=${AWAY}/data>`;
    await settle();
  },
  blob: async () => {
    location = URL.createObjectURL(new Blob([`<img src=${AWAY}/blob>`], { type: "text/html" }));
    await settle();
  },
  script: async () => {
    location = `javascript:"<img src=${AWAY}/script>"`;
    await settle();
  },
  refresh: async () => {
    put("meta", { "http-equiv": "refresh", content: `0; url=${AWAY}/refresh` }, document.head);
    await settle();
  },
  rewritten: async () => {
    document.open();
    document.write(`<img src=${AWAY}/written><script>location = "${AWAY}/again"<\/script>`);
    document.close();
    await settle();
  },
  app: async () => {
    location = "/?escape";
    await settle();
  },
  api: async () => {
    location = "/api/v1/export?escape";
    await settle();
  },
});
