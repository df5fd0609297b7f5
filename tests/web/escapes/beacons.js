ways({
  beacon: async () => {
    navigator.sendBeacon(`${AWAY}/beacon`, "escape");
    await settle();
  },
  ping: async () => {
    put("a", { href: "#", ping: `${AWAY}/ping` }).click();
    await settle();
  },
  report: async () => {
    new ReportingObserver(() => {}).observe();
    put("meta", { "http-equiv": "Content-Security-Policy", content: `img-src "none"; report-uri ${AWAY}/report` }, document.head);
    new Image().src = "data:,";
    await settle();
  },
  attribution: async () => {
    put("img", { attributionsrc: `${AWAY}/attribution`, src: "data:," });
    await settle();
  },
});
