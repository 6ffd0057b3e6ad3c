/* Menus of <details>, which open and close without this: Escape and a click elsewhere close them as well. */
(() => {
  const opened = () => document.querySelectorAll(".masthead details[open]");
  document.addEventListener("click", (event) => {
    for (const menu of opened()) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of opened()) {
      const holds = menu.contains(document.activeElement);
      menu.open = false;
      if (holds) menu.querySelector("summary").focus();
    }
  });
})();
