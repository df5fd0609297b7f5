ways({
  open: async () => window.open(`${AWAY}/window`) && "open",
  blank: async () => window.open("about:blank") && "open",
  link: async () => {
    put("a", { href: `${AWAY}/blank`, target: "_blank" }).click();
    await settle();
  },
  area: async () => {
    put("a", { href: `${AWAY}/area`, target: "other", rel: "opener" }).click();
    await settle();
  },
  alert: async () => {
    alert("escape");
    return confirm("escape") || prompt("escape");
  },
  print: async () => {
    print();
    await settle();
  },
});
