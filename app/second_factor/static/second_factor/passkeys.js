/* Passkeys: a form asks the server what to ask the browser, asks it, and sends itself with the answer. */
(() => {
  if (!window.PublicKeyCredential) return;
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const known = (list) => (list || []).map((each) => ({ ...each, id: bytes(each.id) }));
  const asked = (options) => {
    const found = { ...options, challenge: bytes(options.challenge) };
    if (options.user) found.user = { ...options.user, id: bytes(options.user.id) };
    if (options.excludeCredentials) found.excludeCredentials = known(options.excludeCredentials);
    if (options.allowCredentials) found.allowCredentials = known(options.allowCredentials);
    return found;
  };
  const answer = (made) => {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (made.response[name]) response[name] = text(made.response[name]);
    }
    return JSON.stringify({ id: made.id, rawId: text(made.rawId), type: made.type, response, clientExtensionResults: {} });
  };
  async function ask(form) {
    const reply = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    /* Not options: a page that says what is wrong with the form, or asks for the password. The browser shows it. */
    if (!(reply.headers.get("Content-Type") || "").startsWith("application/json")) return true;
    const { publicKey } = await reply.json();
    const options = { publicKey: asked(publicKey) };
    const made = form.dataset.passkey === "create" ? await navigator.credentials.create(options) : await navigator.credentials.get(options);
    form.elements.credential.value = answer(made);
    return true;
  }
  function fail(form) {
    const said = form.querySelector("[role=alert]") || document.createElement("p");
    said.setAttribute("role", "alert");
    said.textContent = form.dataset.failed;
    form.append(said);
  }
  for (const form of document.querySelectorAll("[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      form.elements.credential.value = "";
      try {
        await ask(form);
      } catch (error) {
        fail(form);
        return;
      }
      form.submit();
    });
  }
})();
