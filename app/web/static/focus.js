/* Keep the reader's place: where a swap takes the focused element away, its successor gets the focus, and what is pressed stays. */
(() => {
  const FIELDS = "input:not([type=hidden], [tabindex='-1']), textarea, select, button";
  const sign = (element) => [element.tagName, element.name, element.value, element.getAttribute("href"), element.textContent].join("|");
  const first = (place) => place.matches("[tabindex='-1']") ? place : place.querySelector(FIELDS) || place.querySelector("a[href]");
  let lost = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    const focused = document.activeElement, target = event.detail.target;
    /* What the page fetches by itself moves nobody to another place. */
    const asked = Boolean(event.detail.requestConfig.triggeringEvent);
    /* A click is a press and a release of the same element: a page that refreshes itself in between would lose it. */
    if (!asked && target.querySelector(":active")) {
      event.detail.shouldSwap = false;
      return;
    }
    lost = focused !== document.body && target.contains(focused) ? { sign: sign(focused), id: target.id, asked, places: [] } : null;
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (lost === null) return;
    lost.places.push(event.target);
    if (lost.places.length === 1) setTimeout(restore);
  });
  function restore() {
    const { sign: known, id, asked, places } = lost;
    lost = null;
    if (document.activeElement && document.activeElement !== document.body) return;
    const all = places.flatMap((place) => [...place.querySelectorAll("a[href], button, summary, input")]);
    const place = places.find((each) => id && each.id === id) || places.find(first);
    const next = all.find((each) => sign(each) === known) || (asked && place && first(place));
    if (next) next.focus();
  }
})();
