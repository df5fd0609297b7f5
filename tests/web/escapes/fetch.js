ways({
  api: async () => (await fetch("/api/v1/me?escape", { credentials: "include" })).status,
  "api without an answer": async () => (await fetch(`${HOME}/api/v1/me?escape`, { mode: "no-cors" })).type,
  change: async () => (await fetch(`${HOME}/api/v1/conversations?escape`, { method: "POST", body: "{}", headers: { "Content-Type": "application/json" } })).status,
  elsewhere: async () => (await fetch(`${AWAY}/fetch`)).status,
  "elsewhere without an answer": async () => (await fetch(`${AWAY}/fetch`, { mode: "no-cors" })).type,
  "kept alive": async () => (await fetch(`${AWAY}/alive`, { mode: "no-cors", keepalive: true })).type,
  later: async () => {
    fetchLater(`${AWAY}/later`, { activateAfter: 0 });
    await settle();
  },
});
