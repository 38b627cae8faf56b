// Draws every chart of a replay as SVG over one shared stretch of rows, and lets a person zoom.
"use strict";

const SVG = "http://www.w3.org/2000/svg";
const data = JSON.parse(document.getElementById("data").textContent);
const rows = data.times.length;
const MARGIN = 52; // room for the numbers at the left
const LEAST_ROWS = 8;
let first = 0;
let last = rows - 1;

function element(name, attributes, parent) {
  const made = document.createElementNS(SVG, name);
  for (const key in attributes) made.setAttribute(key, attributes[key]);
  parent.append(made);
  return made;
}

function moment(row) {
  return new Date(data.times[row] * 1000).toISOString().replace("T", " ").slice(0, 19);
}

// The lowest and highest value of the rows behind each pixel: a spike never disappears.
function buckets(values, width) {
  const step = Math.max(1, (last - first + 1) / width);
  const points = [];
  for (let start = first; start <= last; start += step) {
    const end = Math.min(last + 1, Math.max(start + 1, start + step));
    let low = Infinity, high = -Infinity;
    for (let row = Math.floor(start); row < end; row++) {
      const value = values[row];
      if (value === null) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    if (low <= high) points.push([start, low, high]);
  }
  return points;
}

function draw(chart) {
  const { svg, values, limit } = chart;
  const { width, height } = svg.getBoundingClientRect();
  const inner = Math.max(1, width - MARGIN);
  const points = buckets(values, inner);
  let low = Math.min(...points.map((p) => p[1])), high = Math.max(...points.map((p) => p[2]));
  if (limit !== undefined) { low = Math.min(0, low); high = Math.max(limit * 1.2, high); }
  if (!(low < high)) { low -= 1; high += 1; }
  const x = (row) => MARGIN + (row - first) / Math.max(1, last - first) * inner;
  const y = (value) => height - 4 - (value - low) / (high - low) * (height - 8);
  svg.replaceChildren();
  for (const band of data.bands) {
    if (band.last < first || band.first > last) continue;
    if (band.monitor !== null && !chart.shows.includes(band.monitor)) continue;
    const from = x(Math.max(first, band.first)), to = x(Math.min(last, band.last));
    const wide = Math.max(2, to - from);
    // What people labelled is a bar at the foot, so that it and what was found can be compared.
    const tall = band.kind === "label" ? 7 : height;
    const box = { x: from, y: height - tall, width: wide, height: tall };
    element("rect", { class: band.kind, ...box }, svg);
  }
  element("line", { class: "frame", x1: MARGIN, x2: MARGIN, y1: 0, y2: height }, svg);
  for (const [value, at] of [[high, 11], [low, height - 3]]) {
    element("text", { x: 0, y: at }, svg).textContent = Number(value.toPrecision(4));
  }
  if (limit !== undefined) {
    element("line", { class: "limit", x1: MARGIN, x2: width, y1: y(limit), y2: y(limit) }, svg);
  }
  const path = points.map((p, i) =>
    `${i ? "L" : "M"}${x(p[0]).toFixed(1)} ${y(p[1]).toFixed(1)}` +
    (p[1] === p[2] ? "" : `L${x(p[0]).toFixed(1)} ${y(p[2]).toFixed(1)}`)).join("");
  element("path", { d: path }, svg);
  chart.selection = element("rect", { class: "selection", y: 0, height, width: 0 }, svg);
  chart.cursor = element("line", { class: "cursor", y1: 0, y2: height, x1: -9, x2: -9 }, svg);
}

// What stretch of time all charts show: its beginning, middle and end, to the minute.
function drawAll() {
  const shown = [first, Math.round((first + last) / 2), last];
  document.getElementById("times").replaceChildren(...shown.map((row) => {
    const at = document.createElement("span");
    at.textContent = moment(row).slice(0, 16);
    return at;
  }));
  charts.forEach(draw);
}

function zoom(from, to) {
  const centre = (from + to) / 2, half = Math.max(LEAST_ROWS, to - from) / 2;
  first = Math.max(0, Math.round(centre - half));
  last = Math.min(rows - 1, Math.round(centre + half));
  drawAll();
}

function rowAt(chart, event) {
  const box = chart.svg.getBoundingClientRect();
  const share = (event.clientX - box.left - MARGIN) / Math.max(1, box.width - MARGIN);
  return Math.round(first + Math.min(1, Math.max(0, share)) * (last - first));
}

function listen(chart) {
  let begun = null;
  const svg = chart.svg;
  svg.addEventListener("pointerdown", (event) => {
    begun = event.clientX;
    chart.begunRow = rowAt(chart, event);
    svg.setPointerCapture(event.pointerId);
  });
  svg.addEventListener("pointermove", (event) => {
    const row = rowAt(chart, event), left = svg.getBoundingClientRect().left;
    const value = chart.values[row];
    chart.told.textContent = `${moment(row)}  ${value === null ? "missing" : value}`;
    chart.cursor.setAttribute("x1", event.clientX - left);
    chart.cursor.setAttribute("x2", event.clientX - left);
    if (begun === null) return;
    chart.selection.setAttribute("x", Math.min(begun, event.clientX) - left);
    chart.selection.setAttribute("width", Math.abs(event.clientX - begun));
  });
  svg.addEventListener("pointerup", (event) => {
    const moved = begun !== null && Math.abs(event.clientX - begun) > 4;
    begun = null;
    if (!moved) return;
    const row = rowAt(chart, event);
    zoom(Math.min(chart.begunRow, row), Math.max(chart.begunRow, row));
  });
  svg.addEventListener("dblclick", () => zoom(0, rows - 1));
}

const charts = data.charts.map((chart) => {
  const figure = document.createElement("figure");
  const caption = document.createElement("figcaption");
  const title = document.createElement("span"), told = document.createElement("span");
  title.textContent = chart.title;
  caption.append(title, told);
  figure.append(caption);
  const svg = element("svg", { class: chart.limit === undefined ? "signal" : "score" }, figure);
  document.getElementById("charts").append(figure);
  return Object.assign(chart, { svg, told });
});

charts.forEach(listen);
for (const row of document.querySelectorAll("tbody tr")) {
  row.addEventListener("click", () => {
    const from = Number(row.dataset.first), to = Number(row.dataset.last);
    const around = Math.max(50, to - from);
    zoom(from - around, to + around);
  });
}
window.addEventListener("resize", drawAll);
drawAll();
