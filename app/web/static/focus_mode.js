/* The title grows with its text, and the focus mode leaves only both on the page. This device remembers it. */
(() => {
  const KEY = "afterword.focus-mode", root = document.documentElement;
  const form = document.getElementById("editor"), title = form.elements.namedItem("title"), text = form.elements.namedItem("content");
  const enter = document.getElementById("enter-focus"), leave = document.getElementById("leave-focus");

  /* A title is one line, however many it takes on the screen. */
  title.addEventListener("keydown", (event) => {
    /* Safari says of the Enter that ends a composition only by its code that it is one. */
    if (event.key !== "Enter" || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    text.focus();
  });
  title.addEventListener("input", () => {
    if (!title.value.includes("\n")) return;
    const at = title.selectionStart;
    title.value = title.value.replace(/\s*\n\s*/g, " ");
    title.setSelectionRange(at, at);
  });
  function grow() {
    title.style.height = "auto";
    title.style.height = `${title.offsetHeight - title.clientHeight + title.scrollHeight}px`;
  }
  if (!CSS.supports("field-sizing", "content")) {
    form.addEventListener("input", grow);
    window.addEventListener("resize", grow);
    grow();
  }

  const remembered = () => { try { return localStorage.getItem(KEY) === "on"; } catch { return false; } };
  function remember(isOn) {
    try {
      if (isOn) localStorage.setItem(KEY, "on");
      else localStorage.removeItem(KEY);
    } catch { /* A browser that stores nothing forgets it with the page. */ }
  }
  function set(isOn) {
    const back = document.activeElement === enter || document.activeElement === leave;
    root.classList.toggle("focus-mode", isOn);
    remember(isOn);
    if (isOn) window.scrollTo(0, 0);
    if (isOn && back) text.focus({ preventScroll: true });
    else if (back) enter.focus();
  }
  enter.addEventListener("click", () => set(true));
  leave.addEventListener("click", () => set(false));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing || !root.classList.contains("focus-mode")) return;
    event.preventDefault();
    set(false);
  });
  /* What a writer has to see first is not hidden: what is wrong, two texts, and text that did not reach the site. */
  const isAsked = form.querySelector(".problems, .conflict, .errorlist") || document.querySelector("#local:not([hidden])");
  if (remembered() && !isAsked) root.classList.add("focus-mode");
})();
