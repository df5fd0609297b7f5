ways({
  localStorage: async () => {
    localStorage.setItem("escape", "1");
    return localStorage.getItem("escape");
  },
  sessionStorage: async () => {
    sessionStorage.setItem("escape", "1");
    return sessionStorage.getItem("escape");
  },
  indexedDB: async () => {
    const opening = indexedDB.open("escape");
    return new Promise((done) => opening.addEventListener("success", () => done("open")));
  },
  caches: async () => (await caches.open("escape")) && "open",
  files: async () => (await navigator.storage.getDirectory()) && "open",
  locks: async () => (await navigator.locks.query()) && "asked",
});
