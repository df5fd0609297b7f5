ways({
  sheet: async () => loads(put("link", { rel: "stylesheet", href: `${AWAY}/sheet` }, document.head)),
  import: async () => {
    rule(`@import url(${AWAY}/import);`);
    await settle();
  },
  font: async () => {
    rule(`@font-face { font-family: e; src: url(${AWAY}/font) } p { font-family: e }`);
    put("p", {}).textContent = "escape";
    await settle();
  },
  "font object": async () => (await new FontFace("f", `url(${AWAY}/face)`).load()).status,
  cursor: async () => {
    rule(`body { cursor: url(${AWAY}/cursor), auto }`);
    await settle();
  },
  secret: async () => {
    rule(`input[value^="a"] { background: url(${AWAY}/secret) }`);
    put("input", { value: "a" });
    await settle();
  },
});
