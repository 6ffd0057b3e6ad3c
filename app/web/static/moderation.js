/* Moderation by keyboard. The keys press what the page has: each is a button or a field that works without them. */
(() => {
  const OFF = "afterword.keys.off";
  const keys = document.getElementById("keys"), list = document.getElementById("comments"), batch = document.getElementById("batch");
  if (!keys || !list) return;
  const on = document.getElementById("keys-on"), all = batch.elements.namedItem("all");
  const remembered = () => { try { return localStorage.getItem(OFF) === "1"; } catch { return false; } };
  const remember = (off) => { try { off ? localStorage.setItem(OFF, "1") : localStorage.removeItem(OFF); } catch { /* There is no storage. */ } };
  const rows = () => [...list.children];
  const current = () => rows().find((row) => row.contains(document.activeElement));
  /* A box takes no letters, so that keys work right after it was ticked. */
  const isTyping = (element) => element.isContentEditable || element.matches("textarea, select, input:not([type=checkbox])");

  keys.hidden = false;
  on.checked = !remembered();
  on.addEventListener("change", () => remember(!on.checked));
  all.addEventListener("change", () => rows().forEach((row) => { tick(row).checked = all.checked; }));
  /* A row that was judged and comes back is not ticked, and is not meant by "all" either. */
  list.addEventListener("htmx:afterSettle", () => { all.checked = false; });
  list.addEventListener("change", (event) => { if (event.target.name === "comment" && !event.target.checked) all.checked = false; });

  const tick = (row) => row.querySelector("input[name=comment]");
  let last = "";
  list.addEventListener("focusin", () => { last = current()?.id || last; });
  function move(by) {
    /* A row that was judged is another element a moment later, and has lost the focus until focus.js gives it back. */
    const known = rows(), at = known.findIndex((row) => row === current() || (!current() && row.id === last));
    const next = known[at < 0 ? 0 : Math.min(Math.max(at + by, 0), known.length - 1)];
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  }
  function press(row, key) {
    const button = row.querySelector(`[data-key=${key}]`);
    if (button) button.click();
    if (button && key === "r" && button.parentElement.open) row.querySelector("textarea").focus();
  }
  function help() {
    keys.open = !keys.open;
    if (keys.open) keys.querySelector("summary").focus();
  }
  document.addEventListener("keydown", (event) => {
    if (!on.checked || event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.repeat && !"jk".includes(event.key)) return;
    if (isTyping(document.activeElement)) return;
    const row = current();
    const act = { j: () => move(1), k: () => move(-1), "?": help }[event.key]
      || (row && (event.key === "x" ? () => tick(row).click() : "ahdr".includes(event.key) && (() => press(row, event.key))));
    if (!act) return;
    event.preventDefault();
    act();
  });
})();
