const [host, port] = AWAY.slice("http://".length).split(":");
const call = `
  const peer = new RTCPeerConnection({ iceServers: [{ urls: "stun:${host}:${port}" }] });
  peer.createDataChannel("escape");
  peer.createOffer().then((offer) => peer.setLocalDescription(offer));`;

ways({
  peer: async () => {
    new Function(call)();
    await settle();
  },
  "peer of a blank frame": async () => {
    put("iframe", {}).contentWindow.eval(call);
    await settle();
  },
});
