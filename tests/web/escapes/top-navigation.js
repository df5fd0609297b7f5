ways({
  top: async () => {
    top.location = `${AWAY}/top`;
    await settle();
  },
  parent: async () => {
    parent.location.replace(`${AWAY}/parent`);
    await settle();
  },
  link: async () => {
    put("a", { href: `${AWAY}/link`, target: "_top" }).click();
    await settle();
  },
  open: async () => {
    window.open(`${AWAY}/open`, "_top");
    await settle();
  },
  script: async () => {
    top.location = "javascript:console.info('got script')";
    await settle();
  },
  back: async () => {
    history.back();
    history.go(-2);
    await settle();
  },
});
