/* Keep what is typed: on this device within a second, on the site within five. Only what the site has not stored stays here. */
(() => {
  const HERE = 1000, THERE = 5000, AGAIN = 10000;
  const form = document.getElementById("editor"), bar = document.getElementById("kept"), found = document.getElementById("local");
  const field = (name) => form.elements.namedItem(name);
  const place = "afterword.unsaved." + form.dataset.place, mine = place + field("page").value;
  const HIDDEN = new Set(["file", "hidden", "submit", "button"]);
  const named = () => [...form.elements].filter((each) => each.name && !HIDDEN.has(each.type));
  const value = (each) => each.type === "checkbox" ? (each.checked ? each.value : "") : each.value;
  const read = () => Object.fromEntries(named().map((each) => [each.name, value(each)]));
  const same = (one, other) => Object.keys(one).every((name) => !(name in other) || one[name] === other[name]);
  let stored = "unstored" in form.dataset ? "" : JSON.stringify(read()), adopted = null, sending = null, leaving = false, here = 0, there = 0;

  /* This device. */
  const storage = {
    keys() { try { return Object.keys(localStorage).filter((key) => key.startsWith(place)); } catch { return []; } },
    get(key) { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } },
    set(key, entry) { try { localStorage.setItem(key, JSON.stringify(entry)); return true; } catch { return false; } },
    drop(key) { try { localStorage.removeItem(key); } catch { /* There is no storage. */ } },
  };
  const isTyped = () => JSON.stringify(read()) !== stored;
  function keepHere() {
    here = 0;
    if (!isTyped() || leaving) return true;
    return storage.set(mine, { fields: read(), revision: field("revision").value, at: Date.now() });
  }

  /* The site. */
  function body(fields) {
    const sent = new URLSearchParams(fields);
    for (const name of ["csrfmiddlewaretoken", "revision", "writer", "page", "found", "draft"]) {
      if (field(name)) sent.set(name, field(name).value);
    }
    return sent;
  }
  const ask = (options) => fetch(form.dataset.store, { ...options, headers: { Accept: "application/json" }, redirect: "error", signal: AbortSignal.timeout(20000) });
  function takeToken(token) {
    document.querySelectorAll("[name=csrfmiddlewaretoken]").forEach((each) => { each.value = token; });
  }
  /* Signing in again changes the token: an answer of 403 asks for the new one, once. */
  async function post(fields, isFirst = true) {
    const answer = await ask({ method: "POST", body: body(fields) });
    if (answer.status !== 403 || !isFirst) return answer;
    const fresh = await ask({});
    if (!fresh.ok) return fresh;
    takeToken((await fresh.json()).token);
    return post(fields, false);
  }
  async function store() {
    const fields = read();
    let answer;
    try { answer = await post(fields); } catch { return "offline"; }
    if (answer.status === 401) return "signed-out";
    const said = await answer.json().catch(() => ({}));
    if (answer.status === 409) return said.error === "other_person" ? "other-person" : "elsewhere";
    if (!answer.ok || !("unsaved" in said)) return "refused";
    takeToken(said.token);
    stored = JSON.stringify(fields);
    if (!isTyped()) [mine, adopted].forEach((key) => key && storage.drop(key));
    return said.unsaved ? "saved" : "unchanged";
  }
  /* One at a time, so that an older text never arrives after a newer one. */
  function send() {
    clearTimeout(there);
    there = 0;
    sending = (sending || Promise.resolve()).then(store).then((state) => {
      show(state);
      if (isTyped()) there = there || setTimeout(send, state === "saved" ? THERE : AGAIN);
      return state;
    });
    return sending;
  }
  function show(state) {
    const isKept = state === "typing" || keepHere();
    const shown = isKept || state === "saved" || state === "unchanged" ? state : "nowhere";
    for (const each of bar.children) each.hidden = each.dataset.state !== shown;
    const now = new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hour12: false });
    if (shown === "saved") bar.querySelector("[data-state=saved] [data-at]").textContent = now;
    bar.dataset.shown = shown;
  }
  const isBroken = () => ["offline", "signed-out", "other-person", "elsewhere", "refused", "nowhere"].includes(bar.dataset.shown);
  function changed() {
    if (!isTyped()) return;
    here = here || setTimeout(keepHere, HERE);
    there = there || setTimeout(send, THERE);
    if (!isBroken()) show("typing");
  }

  /* What an earlier page on this device could not send. */
  function offer() {
    const now = read();
    const left = storage.keys().filter((key) => key !== mine).map((key) => [key, storage.get(key)]).filter(([, entry]) => entry?.fields);
    left.filter(([, entry]) => same(entry.fields, now)).forEach(([key]) => storage.drop(key));
    const [newest] = left.filter(([, entry]) => !same(entry.fields, now)).sort((one, other) => other[1].at - one[1].at);
    found.hidden = !newest;
    if (!newest) return;
    const [key, entry] = newest;
    found.querySelector("[data-title]").textContent = entry.fields.title;
    found.querySelector("[data-at]").textContent = new Date(entry.at).toLocaleString(document.documentElement.lang);
    found.querySelector("[value=use]").onclick = () => use(key, entry);
    found.querySelector("[value=discard]").onclick = () => { storage.drop(key); offer(); };
  }
  function use(key, entry) {
    /* What the page shows is not lost either: it is what the site has, or goes there first. */
    const before = isTyped() ? send() : Promise.resolve();
    before.then(() => {
      for (const each of named()) if (each.name in entry.fields) put(each, entry.fields[each.name]);
      if (entry.revision) field("revision").value = entry.revision;
      adopted = key;
      found.hidden = true;
      field("content").dispatchEvent(new Event("input", { bubbles: true }));
      send();
    });
  }
  function put(each, text) {
    if (each.type === "checkbox") each.checked = each.value === text;
    else each.value = text;
  }

  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  form.addEventListener("focusout", keepHere);
  window.addEventListener("pagehide", keepHere);
  document.addEventListener("visibilitychange", () => { if (document.hidden) keepHere(); });
  window.addEventListener("online", () => { if (isTyped()) send(); });
  window.addEventListener("focus", () => { if (isTyped() && isBroken()) send(); });
  /* Withdraw, Delete and Sign out are forms too, and send nothing of what was typed: asked is as long as the site has not all. */
  window.addEventListener("beforeunload", (event) => { if (isTyped() && !leaving) event.preventDefault(); });
  /* The text goes ahead of the form: a sign-in page or a broken line then replaces nothing. */
  form.addEventListener("submit", (event) => {
    if (leaving) return;
    event.preventDefault();
    const button = event.submitter;
    send().then((state) => {
      if (["offline", "signed-out", "other-person"].includes(state)) return;
      leaving = true;
      form.requestSubmit(button);
    });
  });
  /* A page that comes back from the browser's memory goes on. */
  window.addEventListener("pageshow", () => { leaving = false; });
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "s") {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  offer();
})();
