// The drawing: strokes with mouse, pen, finger or the arrow keys, undo, and the two papers. Whatever
// changes it calls changed(), with the time of the event where a stroke has ended.
"use strict";

const $ = (id) => document.getElementById(id);
const canvas = $("drawing"), ink = canvas.getContext("2d", { willReadFrequently: true, alpha: false });
const PAPERS = { white: ["#ffffff", "#111111"], black: ["#111111", "#ffffff"] };

// Strokes are kept as points, so that undo and the other paper can draw them anew.
let strokes = [];          // each {width, points: [[x, y], …]}, in pixels of the canvas
let example = null;        // the 28 × 28 test digit shown instead of strokes, values in [0, 1]
const before = [];         // [strokes, example] before each action, for undo
let stroke = null, pointer = null;

function paper() { return document.querySelector("[name=paper]:checked").value; }

function drawPiece({ width, points }, from) {
  // A curve through the middles between points is smooth where the mouse reports corners.
  const middle = (a, b) => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
  ink.lineWidth = width;
  ink.lineCap = ink.lineJoin = "round";
  ink.strokeStyle = PAPERS[paper()][1];
  ink.beginPath();
  for (let i = Math.max(from, 1); i < points.length; i++) {
    ink.moveTo(...(i === 1 ? points[0] : middle(points[i - 2], points[i - 1])));
    ink.quadraticCurveTo(...points[i - 1], ...middle(points[i - 1], points[i]));
  }
  const [x, y] = points.at(-1);
  ink.moveTo(...(points.length > 1 ? middle(points.at(-2), points.at(-1)) : [x - 0.01, y]));
  ink.lineTo(x, y);  // a line of no length would leave no dot
  ink.stroke();
}

function drawAll() {
  ink.fillStyle = PAPERS[paper()][0];
  ink.fillRect(0, 0, canvas.width, canvas.height);
  if (example) {
    const step = canvas.width / 28, [r, g] = PAPERS[paper()].map((colour) => parseInt(colour.slice(1, 3), 16));
    example.forEach((value, i) => {
      const grey = Math.round(r + value * (g - r));
      ink.fillStyle = `rgb(${grey} ${grey} ${grey})`;
      ink.fillRect(i % 28 * step, Math.floor(i / 28) * step, step, step);
    });
  }
  strokes.forEach((each) => drawPiece(each, 1));
  canvas.parentElement.classList.toggle("light-ink", paper() === "black");
  canvas.style.background = PAPERS[paper()][0];
  $("hint").hidden = strokes.length > 0 || Boolean(example);
  $("undo").setAttribute("aria-disabled", before.length === 0);
  $("clear").setAttribute("aria-disabled", !strokes.length && !example);
}

// The grey values of the canvas, always in the same array, that of its paper, and the part that the
// strokes reach, which alone is read from the canvas.
const grey = new Uint8Array(canvas.width * canvas.height);
function drawnGrey() {
  const side = canvas.width, white = parseInt(PAPERS[paper()][0].slice(1, 3), 16);
  let [left, top, right, bottom] = [side, side, 0, 0];
  for (const { width, points } of strokes)
    for (const [x, y] of points) {
      const reach = width / 2 + 2;
      [left, top] = [Math.min(left, x - reach), Math.min(top, y - reach)];
      [right, bottom] = [Math.max(right, x + reach), Math.max(bottom, y + reach)];
    }
  [left, top, right, bottom] = [left, top, right, bottom].map((edge) => Math.min(Math.max(Math.round(edge), 0), side));
  grey.fill(white);
  const width = right - left, height = bottom - top;
  if (width > 0 && height > 0) {
    const pixels = new Uint32Array(ink.getImageData(left, top, width, height).data.buffer);
    for (let y = 0, i = 0; y < height; y++) {
      const row = (top + y) * side + left;
      for (let x = 0; x < width; x++, i++) grey[row + x] = pixels[i];  // the lowest byte: red
    }
  }
  return { grey, paper: white, within: [top, left, bottom - 1, right - 1] };
}

function begin(point) {
  before.push([strokes, example]);
  stroke = { width: Number($("width").value), points: [point] };
  strokes = [...strokes, stroke];
  example = null;
  drawAll();
  changed();
}

function goOn(points) {
  const from = stroke.points.length;
  stroke.points.push(...points);
  drawPiece(stroke, from);
  changed();
}

function end(time) {
  pointer = stroke = null;
  drawAll();  // the pieces drawn so far end a little beside the smooth curve
  changed(time);
}

function place(event) {
  const box = canvas.getBoundingClientRect();
  return [(event.clientX - box.left) * canvas.width / box.width,
          (event.clientY - box.top) * canvas.height / box.height];
}

canvas.addEventListener("pointerdown", (event) => {
  if (pointer !== null || event.button !== 0) return;
  event.preventDefault();
  if (stroke) liftPen();
  pointer = event.pointerId;
  canvas.setPointerCapture(pointer);
  begin(place(event));
});
canvas.addEventListener("pointermove", (event) => {
  if (event.pointerId !== pointer) return;
  const passed = event.getCoalescedEvents?.() ?? [];
  goOn((passed.length ? passed : [event]).map(place));
});
for (const type of ["pointerup", "pointercancel"]) {
  canvas.addEventListener(type, (event) => { if (event.pointerId === pointer) end(event.timeStamp); });
}

// ------------------------------------------------------------------------- the arrow keys
// A brush moved by the arrow keys; two of them at once move it aslant. Enter or the space bar lowers
// and lifts it.
let brush = [280, 280];
const held = new Set();
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function liftPen() { end(performance.now()); drawBrush(); }

canvas.addEventListener("keydown", (event) => {
  if (pointer !== null || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key in ARROWS) {
    held.add(event.key);
    const step = event.shiftKey ? 4 : 14;
    for (const key of held) brush = brush.map((v, i) => Math.min(Math.max(v + step * ARROWS[key][i], 0), 560));
    if (stroke) goOn([[...brush]]);
  } else if (event.key === "Enter" || event.key === " ") {
    if (stroke) liftPen(); else begin([...brush]);
  } else if (event.key === "Escape" && stroke) liftPen();
  else return;
  event.preventDefault();
  drawBrush();
});
canvas.addEventListener("keyup", (event) => held.delete(event.key));
canvas.addEventListener("focus", () => drawBrush());
canvas.addEventListener("blur", () => { held.clear(); if (stroke && pointer === null) liftPen(); drawBrush(); });

// The brush as a ring over the drawing, where it is used with the keyboard.
function drawBrush() { drawOver(); }
function brushRing(over) {
  if (document.activeElement !== canvas || pointer !== null || !canvas.matches(":focus-visible")) return;
  for (const [colour, width] of [["#ffffff", 5], [stroke ? "#d9480f" : "#3355d1", 3]]) {
    over.strokeStyle = colour;
    over.lineWidth = width;
    over.beginPath();
    over.arc(...brush, Math.max($("width").value / 2, 5) + 2, 0, 7);
    over.stroke();
  }
}

// ------------------------------------------------------------------------- undo, clear, paper, brush
function act(next, nextExample = null) {
  if (stroke) return;
  [strokes, example] = [next, nextExample];
  drawAll();
  changed(performance.now());
}
function undo() { if (before.length && !stroke) act(...before.pop()); }
function clear() { if ((strokes.length || example) && !stroke) { before.push([strokes, example]); act([]); } }
function showExample(values) { if (!stroke) { before.push([strokes, example]); act([], values); } }
$("undo").onclick = undo;
$("clear").onclick = clear;
addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && event.target.id !== "note" && !$("digits").hidden) {
    event.preventDefault();
    undo();
  }
});
for (const each of document.querySelectorAll("[name=paper]")) each.onchange = () => act(strokes, example);

function showBrush() {
  const width = Number($("width").value);
  $("width-shown").value = width;
  // The mouse's cursor is a circle of the brush's size.
  const size = Math.max(width * canvas.getBoundingClientRect().width / canvas.width, 6) + 2;
  const circle = (r, colour) => `<circle cx='${size / 2}' cy='${size / 2}' r='${r}' fill='none' stroke='${colour}'/>`;
  const picture = `<svg xmlns='http://www.w3.org/2000/svg' width='${size}' height='${size}'>${circle(size / 2 - 1, "white")}${circle(size / 2 - 2, "black")}</svg>`;
  canvas.style.cursor = `url("data:image/svg+xml,${encodeURIComponent(picture)}") ${size / 2} ${size / 2}, crosshair`;
}
$("width").oninput = showBrush;
addEventListener("resize", showBrush);
