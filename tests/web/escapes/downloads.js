ways({
  blob: async () => {
    put("a", { download: "escape.exe", href: URL.createObjectURL(new Blob(["escape"])) }).click();
    await settle();
  },
  data: async () => {
    put("a", { download: "escape.exe", href: "data:application/octet-stream,escape" }).click();
    await settle();
  },
  picker: async () => (await showSaveFilePicker()) && "open",
});
