/* Write: Markdown in colour, buttons, shortcuts, the number of words and the headings. The form's own textarea stays the field. */
(() => {
  const LONGEST = 60000, PAUSE = 300;
  const text = document.getElementById("id_content"), toolbar = document.querySelector("markdown-toolbar"), aids = document.getElementById("aids");
  const language = document.documentElement.lang || undefined;

  /* The library works around a textarea in its own frame; it moves there as it is, so that what listens to it goes on. */
  function mount() {
    const frame = document.createElement("div"), wrapper = document.createElement("div"), over = document.createElement("div"), line = document.createElement("div");
    const isWrong = text.getAttribute("aria-invalid") === "true";
    const options = { language: grammar(), value: text.value, wordWrap: true, lineNumbers: false, class: isWrong ? "wrong" : "" };
    const isFocused = document.activeElement === text;
    const { selectionStart, selectionEnd, selectionDirection } = text;
    frame.className = `prism-code-editor language-${options.language}`;
    frame.dataset.options = JSON.stringify(options);
    wrapper.className = "pce-wrapper";
    wrapper.dir = "auto";
    over.className = "pce-overlays";
    line.className = "pce-line";
    line.setAttribute("aria-hidden", "true");
    line.append("\n");
    wrapper.append(over, line);
    frame.append(wrapper);
    text.before(frame);
    over.append(text);
    text.classList.add("pce-textarea");
    const [mounted] = window.mountEditorsUnder(frame.parentNode);
    /* Escape is the way out of the focus mode. */
    mounted.keyCommandMap.Escape = null;
    /* Its commands are looked up by what is typed: without this, typing the word "constructor" at once, as dictation does, would find one. */
    Object.setPrototypeOf(mounted.inputCommandMap, null);
    if (isFocused) text.focus();
    text.setSelectionRange(selectionStart, selectionEnd, selectionDirection);
    return mounted;
  }
  /* All of the text is read at each key: what is as long as a book stays a plain textarea, and quick. */
  const grammar = () => text.value.length > LONGEST ? "text" : "markdown";
  /* Where the library did not load, the form's textarea stays as it is. */
  const editor = grammar() === "markdown" && window.mountEditorsUnder ? mount() : null;

  /* Buttons and shortcuts. */
  const KEYS = { b: "bold", i: "italic", k: "link" }, isMac = /Mac|iPhone|iPad/.test(navigator.platform);
  /* On keyboards of other scripts a key is named by its place. */
  const letter = ({ key, code }) => /^[a-z]$/i.test(key) ? key.toLowerCase() : code.replace(/^Key/, "").toLowerCase();
  const button = (name) => toolbar.querySelector(`[data-md-button="${name}"]`);
  /* A heading, and a quote, is all of a line, wherever in it the caret is. */
  function takeLines(event) {
    const pressed = event.target.closest("[data-md-button]");
    if (!pressed || !["header-2", "quote"].includes(pressed.dataset.mdButton)) return;
    if (event.type === "keydown" && event.key !== "Enter" && event.key !== " ") return;
    const start = text.value.lastIndexOf("\n", text.selectionStart - 1) + 1, end = text.value.indexOf("\n", text.selectionEnd);
    text.setSelectionRange(text.selectionStart ? start : 0, end < 0 ? text.value.length : end);
    /* A heading of another level becomes this one. */
    const marks = pressed.dataset.mdButton === "header-2" && text.value.slice(text.selectionStart).match(/^#{1,6} /);
    if (!marks || marks[0] === "## ") return;
    text.focus();
    text.setRangeText("", text.selectionStart, text.selectionStart + marks[0].length, "preserve");
  }
  toolbar.addEventListener("click", takeLines, true);
  toolbar.addEventListener("keydown", takeLines, true);
  button("picture").addEventListener("click", () => document.querySelector("#uploads button").click());
  text.addEventListener("keydown", (event) => {
    /* Control is for moving and deleting on a Mac. */
    const isMeant = isMac ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey;
    const name = isMeant && !event.isComposing && !event.altKey && !event.shiftKey && KEYS[letter(event)];
    if (!name) return;
    event.preventDefault();
    button(name).click();
  });

  /* Enter in a list begins its next item, and in an item without words ends the list; in a block of code it is a new line alone. */
  const ITEM = /^(\s*)(?:([-*+])|(\d{1,8})([.)]))( +)(?:\[[ xX]\] +)?/;
  const isInCode = (before) => (before.match(/^ {0,3}(?:```|~~~)/gm) || []).length % 2 === 1;
  function continueList(event) {
    const at = text.selectionStart, before = text.value.slice(0, at), start = before.lastIndexOf("\n") + 1;
    const isPlain = event.key === "Enter" && !event.isComposing && !event.shiftKey && !event.ctrlKey && !event.altKey && !event.metaKey;
    const item = isPlain && at === text.selectionEnd && before.slice(start).match(ITEM);
    if (!item || isInCode(before)) return;
    const [marks, indent, bullet, number, point, space] = item, end = text.value.indexOf("\n", at);
    const isEmpty = !text.value.slice(start + marks.length, end < 0 ? text.value.length : end).trim();
    const box = marks.includes("[") ? "[ ] " : "", next = bullet || `${Number(number) + 1}${point}`;
    event.preventDefault();
    event.stopImmediatePropagation();
    /* What follows at once on an item is a part of it: an empty line ends the list. */
    if (isEmpty) text.setSelectionRange(start, at);
    /* The one way that leaves the browser's undo as it is. */
    document.execCommand("insertText", false, isEmpty ? "\n" : `\n${indent}${next}${space}${box}`);
  }
  text.addEventListener("keydown", continueList, true);

  /* The number of words. Scripts without spaces between words are counted, too, where the browser can. */
  const words = aids.querySelector("[data-words]"), minutes = aids.querySelector("[data-minutes]");
  const number = new Intl.NumberFormat(language);
  const time = new Intl.NumberFormat(language, { style: "unit", unit: "minute", unitDisplay: "short" });
  const segmenter = Intl.Segmenter ? new Intl.Segmenter(language, { granularity: "word" }) : null;
  const plain = (markdown) => markdown.replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/<[^>]*>|https?:\S+/g, " ");
  function countWords(said) {
    if (!segmenter) return (said.match(/[\p{L}\p{N}][\p{L}\p{N}\p{M}'’-]*/gu) || []).length;
    let found = 0;
    for (const { isWordLike } of segmenter.segment(said)) if (isWordLike) found += 1;
    return found;
  }
  function count() {
    const found = countWords(plain(text.value));
    words.textContent = number.format(found);
    minutes.textContent = time.format(found ? Math.max(1, Math.round(found / Number(aids.dataset.perMinute))) : 0);
  }

  /* The headings, as the library reads them: a line of a block of code is none. A book is not read: it takes most of a second. */
  const outline = document.getElementById("outline"), list = outline.querySelector("ol");
  const level = (heading) => heading.startsWith("#") ? heading.match(/^#+/)[0].length : /=+\s*$/.test(heading) ? 1 : 2;
  const named = (heading) => heading.replace(/^#+\s*|\s*#+\s*$|\n[=-]+\s*$/g, "").replace(/[*_`]/g, "");
  function headings() {
    const found = [];
    let at = 0;
    if (!editor || grammar() !== "markdown") return found;
    for (const token of window.readMarkdown(text.value)) {
      const words = token.type === "title" ? text.value.slice(at, at + token.length) : "";
      if (named(words) && /^(#{1,6}\s|[^#])/.test(words)) found.push({ at, level: level(words), name: named(words) });
      at += token.length;
    }
    return found;
  }
  function jump(at) {
    text.setSelectionRange(at, at);
    text.focus({ preventScroll: true });
    editor.container.scrollTop = editor.lines[text.value.slice(0, at).split("\n").length].offsetTop;
    editor.container.scrollIntoView({ block: "nearest" });
  }
  let shown = "";
  function showOutline() {
    const found = headings(), sign = JSON.stringify(found);
    outline.hidden = !found.length;
    if (sign === shown) return;
    shown = sign;
    list.replaceChildren(...found.map(({ at, level, name }) => {
      const item = document.createElement("li"), go = document.createElement("button");
      item.dataset.level = level;
      go.type = "button";
      go.className = "plain";
      go.dir = "auto";
      go.textContent = name;
      go.addEventListener("click", () => jump(at));
      item.append(go);
      return item;
    }));
  }

  let later = 0;
  function read() {
    if (editor && grammar() !== editor.options.language) editor.setOptions({ language: grammar() });
    count();
    showOutline();
  }
  text.addEventListener("input", () => {
    clearTimeout(later);
    later = setTimeout(read, PAUSE);
  });
  read();
})();
