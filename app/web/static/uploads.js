/* Upload images that are dropped, pasted or chosen, one after the other. In the editor each goes into the text where the caret was. */
(() => {
  const strip = document.getElementById("uploads"), list = strip.querySelector("ul"), says = strip.dataset;
  const text = document.getElementById("id_content"), area = text ? text.closest("form") : document.querySelector("main");
  const chooser = strip.querySelector("input[type=file]"), button = strip.querySelector("button");
  const waiting = [];
  let isRunning = false, failed = 0;

  const token = () => document.querySelector("[name=csrfmiddlewaretoken]").value;
  const images = (transfer) => [...(transfer?.files || [])].filter((file) => file.type.startsWith("image/") || /\.(heic|heif|svg)$/i.test(file.name));

  /* The text. */
  function changed() {
    text.dispatchEvent(new Event("input", { bubbles: true }));
  }
  function insert(words) {
    const before = text.value.slice(0, text.selectionStart), after = text.value.slice(text.selectionEnd);
    const above = before === "" || before.endsWith("\n\n") ? "" : before.endsWith("\n") ? "\n" : "\n\n";
    text.setRangeText(above + words + (after.startsWith("\n\n") ? "" : after.startsWith("\n") ? "\n" : "\n\n"), text.selectionStart, text.selectionEnd, "end");
    changed();
  }
  /* Where it was deleted meanwhile, nothing is put in its place. */
  function replace(words, by) {
    const place = text.value.indexOf(words);
    if (place < 0) return;
    text.setRangeText(by, place, place + words.length, "preserve");
    changed();
  }
  const plain = (words) => words.replace(/[[\]\\\n]/g, " ").trim();
  function placeholder(file) {
    const name = `${says.uploading} ${plain(file.name || "image")}`;
    let words = `![${name}…]()`;
    for (let number = 2; text.value.includes(words); number += 1) words = `![${name} (${number})…]()`;
    return words;
  }

  /* The strip. */
  function line(file) {
    const item = document.createElement("li"), name = document.createElement("span"), bar = document.createElement("progress");
    name.textContent = file.name || "image";
    bar.max = 100;
    bar.setAttribute("aria-label", `${says.uploading} ${name.textContent}`);
    item.append(name, bar);
    list.append(item);
    strip.classList.add("busy");
    return { item, bar };
  }
  function refuse(job, why) {
    failed += 1;
    if (job.words) replace(job.words, "");
    const note = document.createElement("span");
    note.className = "error";
    note.textContent = why || says.failed;
    job.item.replaceChildren(job.item.firstChild, note);
  }
  function done(job, picture) {
    if (!text) { job.item.remove(); return; }
    let words = `![${plain(picture.alt)}](${picture.url})`;
    replace(job.words, words);
    const thumb = document.createElement("img"), label = document.createElement("label"), alt = document.createElement("input");
    thumb.src = picture.url;
    thumb.alt = "";
    alt.value = picture.alt;
    alt.maxLength = 500;
    alt.placeholder = says.hint;
    label.append(`${says.describe} `, alt);
    /* Not part of the post's form: what is typed here goes into the text, and into the library. */
    alt.setAttribute("form", "");
    alt.addEventListener("input", (event) => event.stopPropagation());
    alt.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); alt.blur(); } });
    alt.addEventListener("change", (event) => {
      event.stopPropagation();
      const described = `![${plain(alt.value)}](${picture.url})`;
      replace(words, described);
      words = described;
      /* A picture that was there already keeps the library's description. */
      if (!picture.description) return;
      const body = new URLSearchParams({ alt: alt.value, csrfmiddlewaretoken: token() });
      fetch(picture.description, { method: "POST", body, redirect: "manual" }).catch(() => { /* The text has it. */ });
    });
    job.item.replaceChildren(thumb, label);
  }

  /* The site. */
  function send(job) {
    return new Promise((resolve) => {
      const request = new XMLHttpRequest(), body = new FormData();
      body.append("file", job.file, job.file.name || "image.png");
      request.open("POST", says.url);
      request.setRequestHeader("Accept", "application/json");
      request.setRequestHeader("X-CSRFToken", token());
      request.timeout = 600000;
      request.upload.onprogress = (event) => { if (event.lengthComputable) job.bar.value = (event.loaded / event.total) * 100; };
      request.onloadend = () => {
        let said = {};
        try { said = JSON.parse(request.responseText); } catch { /* A sign-in page, a proxy's page, no answer. */ }
        if (request.status === 201 && said.pictures) done(job, said.pictures[0]);
        else refuse(job, said.error);
        resolve();
      };
      request.send(body);
    });
  }
  async function run() {
    if (isRunning) return;
    isRunning = true;
    while (waiting.length) await send(waiting.shift());
    isRunning = false;
    if (!text && !failed) location.assign(says.url);
  }
  function take(files) {
    for (const file of files) {
      const job = { file, words: text && placeholder(file), ...line(file) };
      if (text) insert(job.words);
      if (file.size > Number(says.limit)) refuse(job, says.large);
      else waiting.push(job);
    }
    run();
  }

  area.addEventListener("dragover", (event) => {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    strip.classList.add("over");
  });
  area.addEventListener("dragleave", () => strip.classList.remove("over"));
  area.addEventListener("drop", (event) => {
    strip.classList.remove("over");
    const files = images(event.dataTransfer);
    if (!files.length) return;
    event.preventDefault();
    take(files);
  });
  (text || document).addEventListener("paste", (event) => {
    const files = images(event.clipboardData);
    /* A cell of a spreadsheet comes as text and as a picture of it: the text is meant. */
    if (!files.length || event.clipboardData.types.includes("text/plain")) return;
    event.preventDefault();
    take(files);
  });
  button.addEventListener("click", () => chooser.click());
  chooser.addEventListener("change", () => { take([...chooser.files]); chooser.value = ""; });
  window.addEventListener("beforeunload", (event) => { if (isRunning) event.preventDefault(); });
  strip.hidden = false;
  for (const form of document.querySelectorAll("form.unscripted")) form.hidden = true;
})();
