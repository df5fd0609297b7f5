ways({
  script: async () => loads(put("script", { src: `${AWAY}/script` })),
  module: async () => (await import(`${AWAY}/module`)) && "loaded",
  blob: async () => (await import(URL.createObjectURL(new Blob(["export {}"], { type: "text/javascript" })))) && "",
  "of the server": async () => loads(put("script", { src: `${HOME}/theme.js?escape` })),
});
