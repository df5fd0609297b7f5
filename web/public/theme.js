// Runs before the first paint, so that no page flashes in the wrong colours.
(() => {
  let theme = "system";
  try {
    theme = JSON.parse(localStorage.getItem("hansard.preferences")).state.theme;
  } catch {
    // Nothing was chosen yet.
  }
  const dark = theme === "dark" || (theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.classList.toggle("dark", dark);
})();
