ways({
  read: async () => navigator.clipboard.readText(),
  write: async () => {
    await navigator.clipboard.writeText("escape");
    return "written";
  },
  camera: async () => (await navigator.mediaDevices.getUserMedia({ video: true })) && "seen",
  place: async () => new Promise((done) => navigator.geolocation.getCurrentPosition(() => done("known"), () => done())),
  notes: async () => (await Notification.requestPermission()) === "granted" && "granted",
  screen: async () => {
    await document.body.requestFullscreen();
    return "full";
  },
  pointer: async () => {
    await document.body.requestPointerLock();
    return document.pointerLockElement && "locked";
  },
  usb: async () => (await navigator.usb.getDevices()) && "asked",
  key: async () => (await navigator.credentials.get({ password: true })) && "given",
});
