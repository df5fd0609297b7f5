const heard = [];
addEventListener("message", ({ data }) => heard.push(JSON.stringify(data)));

const asking = [
  { hansard: "alive" },
  { hansard: "error", text: "<img src=x onerror=alert(1)>".repeat(1000) },
  { hansard: "error", text: { toString: "no text" } },
  { hansard: "open", url: AWAY },
  { type: "get_artifacts", id: 1 },
  { type: "navigate", to: AWAY, source: "react-devtools-bridge" },
  "webpackHotUpdate",
  null,
];

ways({
  parent: async () => {
    for (const each of asking) parent.postMessage(each, "*");
    await settle();
    return heard.join();
  },
  top: async () => {
    for (const each of asking) top.postMessage(each, HOME);
    await settle();
    return heard.join();
  },
  port: async () => {
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener("message", ({ data }) => heard.push(JSON.stringify(data)));
    port1.start();
    parent.postMessage({ hansard: "alive", port: port2 }, "*", [port2]);
    await settle();
    return heard.join();
  },
  broadcast: async () => {
    const channel = new BroadcastChannel("hansard");
    channel.addEventListener("message", ({ data }) => heard.push(JSON.stringify(data)));
    channel.postMessage({ hansard: "alive" });
    await settle();
    return heard.join();
  },
});
