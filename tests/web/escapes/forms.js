ways({
  get: async () => {
    put("form", { action: `${AWAY}/form` }).submit();
    await settle();
  },
  post: async () => {
    put("form", { action: `${AWAY}/form`, method: "post" }).submit();
    await settle();
  },
  top: async () => {
    put("form", { action: `${AWAY}/form`, target: "_top" }).submit();
    await settle();
  },
  blank: async () => {
    put("form", { action: `${AWAY}/form`, target: "_blank" }).submit();
    await settle();
  },
  button: async () => {
    put("button", { formaction: `${AWAY}/button` }, put("form", {})).click();
    await settle();
  },
  request: async () => {
    HTMLFormElement.prototype.requestSubmit.call(put("form", { action: `${AWAY}/form` }));
    await settle();
  },
});
