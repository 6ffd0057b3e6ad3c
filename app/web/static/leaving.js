/* Ask before a page is left on which something was typed and not sent. */
(() => {
  let typed = false;
  const ask = (event) => { if (typed) event.preventDefault(); };
  document.getElementById("editor").addEventListener("input", () => { typed = true; });
  /* Withdraw, Delete and Sign out are forms too, and send nothing of what was typed. */
  document.getElementById("editor").addEventListener("submit", () => { typed = false; });
  window.addEventListener("beforeunload", ask);
})();
