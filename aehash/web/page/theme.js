// Light or dark, before the first paint: the reader's choice if there is one, else the system's.
(function () {
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  /** @returns {string | null} "light", "dark" or null for the system's */
  function chosen() {
    try {
      return window.localStorage.getItem("aehash-theme");
    } catch {
      return null;
    }
  }
  function apply() {
    const theme = chosen() || (system.matches ? "dark" : "light");
    document.documentElement.dataset.theme = theme;
    document.dispatchEvent(new CustomEvent("themechange", { detail: theme }));
  }
  system.addEventListener("change", apply);
  document.addEventListener("themewish", apply);
  apply();
})();
