/* Ask before a page is left on which something was typed and not saved. */
(() => {
  const editor = document.getElementById("editor");
  let typed = "refused" in editor.dataset;
  editor.addEventListener("input", () => { typed = true; });
  /* Delete and Sign out are forms too, and send nothing of what was typed. */
  editor.addEventListener("submit", () => { typed = false; });
  window.addEventListener("beforeunload", (event) => { if (typed) event.preventDefault(); });
})();
