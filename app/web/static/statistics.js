/* Draw the columns of the table of days. The table stays: it is what everyone without this script, or without sight, reads. */
(() => {
  const table = document.getElementById("by-day");
  if (!table || !window.uPlot) return;
  const language = document.documentElement.lang || "en";
  const heads = [...table.querySelectorAll("thead th")];
  const rows = [...table.querySelectorAll("tbody tr")];
  const days = rows.map((row) => Date.parse(row.querySelector("time").dateTime) / 1000);
  const written = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", timeZone: "UTC" });
  const number = new Intl.NumberFormat(language);
  const day = (at) => written.format(new Date(at * 1000));
  const column = (name) => {
    const place = heads.findIndex((head) => head.dataset.column === name);
    const values = rows.map((row) => row.children[place].dataset.value);
    return { label: heads[place].textContent, values: values.map((value) => (value === undefined ? null : Number(value))) };
  };
  const colour = (name) => getComputedStyle(document.body).getPropertyValue(name).trim();

  const draw = (figure) => {
    const drawing = figure.querySelector(".drawing");
    const columns = figure.dataset.columns.split(" ").map(column);
    figure.hidden = false;
    drawing.replaceChildren();
    const axis = { stroke: colour("--soft"), grid: { stroke: colour("--rule"), width: 1 }, ticks: { show: false } };
    const lines = [colour("--accent"), colour("--done")];
    const series = columns.map(({ label }, place) => ({
      label,
      stroke: lines[place],
      width: 2,
      dash: place ? [6, 3] : [],
      points: { show: days.length < 32 },
      value: (plot, value) => (value === null ? "–" : number.format(value)),
    }));
    const most = Math.max(1, ...columns.flatMap(({ values }) => values));
    const least = columns.some(({ label, values }) => values.includes(0)) || columns.length > 1 ? 0 : null;
    const range = (plot, low, high) => (least === 0 || high - low > high / 4 ? [0, Math.max(high ?? 1, 1) * 1.08] : [low - 1, high + 1]);
    new window.uPlot({
      width: drawing.clientWidth,
      height: 180,
      tzDate: (at) => window.uPlot.tzDate(new Date(at * 1000), "Etc/UTC"),
      cursor: { drag: { x: false, y: false } },
      scales: { y: { range } },
      axes: [
        { ...axis, space: 70, incrs: [86400, 2 * 86400, 7 * 86400, 14 * 86400, 30 * 86400, 61 * 86400], values: (plot, ticks) => ticks.map(day) },
        { ...axis, size: 20 + 9 * number.format(most).length, incrs: [1, 2, 5].flatMap((n) => [...Array(9).keys()].map((power) => n * 10 ** power)).sort((a, b) => a - b), values: (plot, ticks) => ticks.map((tick) => number.format(tick)) },
      ],
      series: [{ label: heads[0].textContent, value: (plot, at) => (at === null ? "–" : day(at)) }, ...series],
    }, [days, ...columns.map(({ values }) => values)], drawing);
  };

  const figures = [...document.querySelectorAll(".dayplot")];
  const drawAll = () => figures.forEach(draw);
  let waiting = 0;
  let width = window.innerWidth;
  window.addEventListener("resize", () => {
    if (window.innerWidth === width) return; // a phone that hides its bar
    width = window.innerWidth;
    clearTimeout(waiting);
    waiting = setTimeout(drawAll, 150);
  });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  drawAll();
})();
