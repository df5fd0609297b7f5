const runs = (worker) =>
  new Promise((done) => {
    worker.addEventListener("message", () => done("runs"));
    worker.addEventListener("error", () => done());
  });

ways({
  service: async () => (await navigator.serviceWorker.register("/theme.js")) && "registered",
  shared: async () => {
    const failed = runs(new SharedWorker("/theme.js"));
    return Promise.race([failed, settle().then(() => "runs")]);
  },
  blob: async () => runs(new Worker(URL.createObjectURL(new Blob(["postMessage(1)"])))),
  data: async () => runs(new Worker("data:text/javascript,postMessage(1)")),
  worklet: async () => {
    await CSS.paintWorklet.addModule(`${AWAY}/worklet`);
    return "runs";
  },
});
