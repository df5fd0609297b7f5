const [host, port] = AWAY.slice("http://".length).split(":");
const call = `
  const peer = new RTCPeerConnection({ iceServers: [{ urls: "stun:${host}:${port}" }] });
  peer.createDataChannel("escape");
  peer.createOffer().then((offer) => peer.setLocalDescription(offer));`;

ways({
  "a call": async () => {
    put("iframe", { srcdoc: `<script>${call}<\/script>` });
    await settle();
  },
});
