ways({
  request: async () => {
    const request = new XMLHttpRequest();
    request.open("GET", `${AWAY}/request`);
    request.send();
    return loads(request);
  },
  socket: async () => loads(new WebSocket(`${AWAY.replace("http", "ws")}/socket`)),
  "socket of the server": async () => loads(new WebSocket(`${HOME.replace("http", "ws")}/api/v1/ws?escape`)),
  events: async () => loads(new EventSource(`${AWAY}/events`)),
  "events of the server": async () => loads(new EventSource(`${HOME}/api/v1/feed/stream?escape`)),
  transport: async () => {
    await new WebTransport(AWAY.replace("http", "https")).ready;
    return "open";
  },
});
