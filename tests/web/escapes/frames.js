ways({
  elsewhere: async () => {
    put("iframe", { src: `${AWAY}/frame` });
    await settle();
  },
  "of the server": async () => {
    put("iframe", { src: `${HOME}/api/v1/me?escape` });
    await settle();
  },
  written: async () => {
    const inside = `new Image().src = "${AWAY}/image"; fetch("${AWAY}/fetch").catch(() => {});`;
    put("iframe", { srcdoc: `<script>${inside}<\/script><link rel="stylesheet" href="${AWAY}/sheet">` });
    await settle();
  },
  "written, and leaving": async () => {
    put("iframe", { srcdoc: `<script>location = "${AWAY}/leaving"<\/script>` });
    await settle();
  },
  blank: async () => (await put("iframe", {}).contentWindow.fetch(`${AWAY}/blank`, { mode: "no-cors" })).type,
  data: async () => {
    put("iframe", { src: `data:text/html,<img src=${AWAY}/data>` });
    await settle();
  },
  loose: async () => {
    put("iframe", { sandbox: "allow-scripts allow-same-origin allow-top-navigation", srcdoc: `<script>top.location = "${AWAY}/loose"<\/script>` });
    await settle();
  },
  fenced: async () => {
    put("fencedframe", {}).config = new FencedFrameConfig(`${AWAY}/fenced`);
    await settle();
  },
});
