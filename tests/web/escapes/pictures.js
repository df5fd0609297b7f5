ways({
  image: async () => loads(Object.assign(new Image(), { src: `${AWAY}/image` })),
  set: async () => loads(put("img", { srcset: `${AWAY}/set 1x` })),
  "of the server": async () => loads(Object.assign(new Image(), { src: `${HOME}/icon-192.png?escape` })),
  background: async () => {
    document.body.style.backgroundImage = `url(${AWAY}/background)`;
    await settle();
  },
  list: async () => {
    rule(`li { list-style: url(${AWAY}/list) }`);
    put("li", {});
    await settle();
  },
  drawing: async () => {
    document.body.insertAdjacentHTML("beforeend", `<svg><image href="${AWAY}/svg"/><use href="${AWAY}/use#a"/></svg>`);
    await settle();
  },
  poster: async () => {
    put("video", { poster: `${AWAY}/poster`, src: `${AWAY}/video` }).load();
    await settle();
  },
  sound: async () => {
    new Audio(`${AWAY}/audio`).play();
  },
  track: async () => {
    put("track", { src: `${AWAY}/track`, default: "" }, put("video", { src: "data:," }));
    await settle();
  },
  "plug-in": async () => {
    put("object", { data: `${AWAY}/object` });
    put("embed", { src: `${AWAY}/embed` });
    await settle();
  },
  button: async () => {
    put("input", { type: "image", src: `${AWAY}/button` });
    await settle();
  },
});
