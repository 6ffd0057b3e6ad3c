/* Ask before a page is left on which something was typed and not sent. */
(() => {
  let typed = false;
  const ask = (event) => { if (typed) event.preventDefault(); };
  document.getElementById("editor").addEventListener("input", () => { typed = true; });
  document.addEventListener("submit", () => { typed = false; });
  window.addEventListener("beforeunload", ask);
})();
