// Inside a model: every layer's maps as they change with the stroke, the sum behind each pixel, the
// filters, and where the network looked.
"use strict";

const view = { model: null, layers: [], pick: null, pinned: false, channel: null, where: null, worker: null };

// ------------------------------------------------------------------------- colours
// Positive numbers are blue, negative ones orange, zero is the paper: the lightness alone tells sizes,
// so that colour-blind people read them, too.
const SCALES = {
  light: [["#6b2600", "#b9540f", "#ee9f58", "#f9d9b5"], "#f7f5f0", ["#c9d6f5", "#86a3ea", "#3f62cf", "#101c5e"]],
  dark: [["#ffe9d1", "#f9ab62", "#b75c1a", "#5b2f12"], "#16181e", ["#23346b", "#3f62cb", "#84a4f5", "#f2f6ff"]],
};
const isDark = () => getComputedStyle(document.documentElement).colorScheme === "dark"
  || (getComputedStyle(document.documentElement).colorScheme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);

// 511 colours for the shares −1 to 1, as the numbers that a Uint32Array over an image takes.
function colourTable() {
  const [negative, zero, positive] = SCALES[isDark() ? "dark" : "light"], stops = [...negative, zero, ...positive];
  return Uint32Array.from({ length: 511 }, (_, i) => {
    const at = i / 510 * 8, k = Math.min(Math.floor(at), 7);
    const [r, g, b] = [1, 3, 5].map((c) => {
      const [low, high] = [stops[k], stops[k + 1]].map((stop) => parseInt(stop.slice(c, c + 2), 16));
      return Math.round(low + (high - low) * (at - k));
    });
    return (255 << 24 | b << 16 | g << 8 | r) >>> 0;
  });
}
let table = null;

const number = (value) => (value === 0 ? "0" : Math.abs(value) < 0.0005 ? value.toExponential(1) : value.toFixed(3)).replace("-", "−");
const shapeText = (shape) => shape.join(" × ");

// ------------------------------------------------------------------------- one layer's maps
class LayerView {
  constructor(model, index) {
    Object.assign(this, { model, index, layer: model.network.layers[index], visible: true });
    const { layer } = this, activation = layer.activation === "linear" || layer.class === "Activation" ? "" : ` · ${layer.activation}`;
    this.range = make("span", { className: "range" }, make("span"), make("i"), make("span"));
    this.canvas = make("canvas", { tabIndex: 0 });
    this.canvas.setAttribute("role", "application");
    const [H, W, C] = layer.output.length === 3 ? layer.output : [1, 1, layer.output[0]];
    Object.assign(this, { H, W, C, small: document.createElement("canvas") });
    this.canvas.setAttribute("aria-label", `${layer.name}: ${layer.output.length === 3 ? `${C} map${C > 1 ? "s" : ""} of ${H} by ${W}` : `${C} numbers`}. The arrow keys choose one${layer.output.length === 3 ? ", Page Up and Page Down the map" : ""}.`);
    const parameters = layer.parameters ? ` · ${layer.parameters.toLocaleString("en")} parameters` : "";
    this.element = make("li", { className: "layer" },
      make("div", {}, make("h3", { textContent: layer.name }, make("span", { textContent: `${layer.class}${activation}` })),
        make("small", { textContent: shapeText(layer.output) + parameters }), this.range), this.canvas);
    if (layer.kind === "Conv2D") this.addFilters();
    this.listen();
  }

  // Tiles as large as the maps are few, as many in a row as there is room for.
  arrange(room) {
    const { H, W, C } = this;
    const wish = H * W === 1 ? (C <= 16 ? 30 : C <= 128 ? 18 : C <= 600 ? 12 : 7) : C <= 8 ? 92 : C <= 20 ? 76 : C <= 36 ? 56 : C <= 130 ? 44 : 28;
    this.scale = Math.max(H * W === 1 ? wish : Math.round(wish / W), 1);
    const tile = W * this.scale;
    this.columns = Math.max(Math.min(Math.floor(room / tile), C), 1);
    this.rows = Math.ceil(C / this.columns);
    this.small.width = this.columns * W;
    this.small.height = this.rows * H;
    this.context = this.small.getContext("2d");
    this.image = this.context.createImageData(this.small.width, this.small.height);
    this.colours = new Uint32Array(this.image.data.buffer);
    this.canvas.width = this.columns * tile;
    this.canvas.height = this.rows * H * this.scale;
  }

  draw() {
    const values = this.model.outputs?.[this.index], { H, W, C, columns, scale } = this;
    this.colours.fill(0);
    if (values) {
      let least = Infinity, most = -Infinity;
      for (let i = 0; i < values.length; i++) {
        if (values[i] < least) least = values[i];
        if (values[i] > most) most = values[i];
      }
      const factor = 255 / (Math.max(-least, most) || 1), line = this.small.width;
      for (let y = 0, i = 0; y < H; y++)
        for (let x = 0; x < W; x++)
          for (let c = 0; c < C; c++, i++) {
            const column = c % columns, row = (c - column) / columns;
            this.colours[(row * H + y) * line + column * W + x] = table[255 + Math.round(values[i] * factor) | 0];
          }
      write(this.range.firstChild, number(Math.abs(least) < 0.0005 ? 0 : least));
      write(this.range.lastChild, number(most));
      if (this.signed !== least < 0) {
        this.signed = least < 0;
        const colours = SCALES[isDark() ? "dark" : "light"].flat();
        this.range.children[1].style.background = `linear-gradient(to right, ${colours.slice(this.signed ? 0 : 4).join(", ")})`;
      }
    }
    this.context.putImageData(this.image, 0, 0);
    const context = this.canvas.getContext("2d");
    context.imageSmoothingEnabled = false;
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    context.drawImage(this.small, 0, 0, this.canvas.width, this.canvas.height);
    // A gap between the maps.
    const gap = scale * W > 24 ? 3 : 1;
    for (let column = 1; column <= columns; column++) context.clearRect(column * W * scale - gap, 0, gap, this.canvas.height);
    for (let row = 1; row <= this.rows; row++) context.clearRect(0, row * H * scale - gap, this.canvas.width, gap);
    if (view.pick?.index === this.index) this.mark(context);
  }

  mark(context) {
    const { row, column, c } = view.pick, { scale, W, H, columns } = this;
    const x = (c % columns * W + column) * scale, y = (Math.floor(c / columns) * H + row) * scale;
    for (const [colour, width, out] of [["#fff", 4, 2], ["#c2255c", 2, 2]]) {
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.strokeRect(x - out, y - out, scale + 2 * out, scale + 2 * out);
    }
  }

  at(event) {
    const box = this.canvas.getBoundingClientRect(), { scale, W, H, C, columns } = this;
    const x = Math.floor((event.clientX - box.left) * this.canvas.width / box.width / scale);
    const y = Math.floor((event.clientY - box.top) * this.canvas.height / box.height / scale);
    const c = Math.floor(y / H) * columns + Math.floor(x / W);
    return x >= 0 && y >= 0 && x < columns * W && c < C ? { index: this.index, row: y % H, column: x % W, c } : null;
  }

  // The mouse shows a pixel's sum, a click keeps it; the arrow keys choose a pixel as well.
  listen() {
    const { canvas: maps, H, W, C } = this;
    maps.onpointermove = (event) => {
      if (event.pointerType === "mouse" && !view.pinned) pick(this.at(event) ?? view.pick);
    };
    maps.onclick = (event) => {
      const place = this.at(event);
      view.pinned = Boolean(place);
      if (place) pick(place);
    };
    maps.onfocus = () => {
      if (maps.matches(":focus-visible") && view.pick?.index !== this.index) pick({ index: this.index, row: H >> 1, column: W >> 1, c: 0 }, true);
    };
    maps.onkeydown = (event) => {
      const now = view.pick?.index === this.index ? { ...view.pick } : { index: this.index, row: 0, column: 0, c: 0 };
      const vector = H * W === 1, step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1, PageUp: -1, PageDown: 1 }[event.key];
      if (!step) return;
      event.preventDefault();
      if (event.key.startsWith("Page") || vector) now.c += step * (vector && ["ArrowUp", "ArrowDown"].includes(event.key) ? this.columns : 1);
      else if (event.key === "ArrowUp" || event.key === "ArrowDown") now.row += step;
      else now.column += step;
      if (now.c < 0 || now.c >= C || now.row < 0 || now.row >= H || now.column < 0 || now.column >= W) return;
      view.pinned = true;
      pick(now, true);
    };
  }

  // All kernels of a convolution where they are few, else those of the map that is pointed at.
  addFilters() {
    const { layer } = this, channels = layer.input[2];
    this.all = channels * layer.filters <= 128;
    this.filters = make("canvas");
    this.filters.setAttribute("role", "img");
    this.caption = make("p", { className: "muted" });
    this.details = make("details", {}, make("summary", { textContent: `Filters: ${layer.filters} of ${shapeText([...layer.kernel_size, channels])}` }), this.caption, this.filters);
    this.details.ontoggle = () => this.drawFilters();
    this.element.append(this.details);
  }

  drawFilters() {
    if (!this.details?.open) return;
    const { layer } = this, [kh, kw] = layer.kernel_size, C = layer.input[2], { products } = this.model.network;
    const chosen = view.pick?.index === this.index ? view.pick.c : 0;
    const kernels = this.all
      ? Array.from({ length: layer.filters * C }, (_, i) => [Math.floor(i / C), i % C])
      : Array.from({ length: C }, (_, c) => [chosen, c]);
    this.caption.textContent = this.all
      ? `A kernel for each map${C > 1 ? ` and each of the ${C} maps before it` : ""}.`
      : `The kernels of map ${chosen}, one for each of the ${C} maps before it.`;
    this.filters.setAttribute("aria-label", this.caption.textContent);
    const values = kernels.map(([f, c]) => Array.from({ length: kh * kw }, (_, k) => products.entry(layer.matrix, k * C + c, f)));
    const most = Math.max(...values.map((each) => Math.max(...each.map(Math.abs)))) || 1, step = Math.round(40 / kw);
    const columns = Math.max(Math.min(Math.floor((this.element.clientWidth - 34) / (kw * step + 4)), kernels.length), 1);
    this.filters.width = columns * (kw * step + 4);
    this.filters.height = Math.ceil(kernels.length / columns) * (kh * step + 4);
    const context = this.filters.getContext("2d");
    values.forEach((each, i) => each.forEach((value, k) => {
      const colour = table[255 + Math.round(255 * value / most)];
      context.fillStyle = `rgb(${colour & 255} ${colour >> 8 & 255} ${colour >> 16 & 255})`;
      context.fillRect(i % columns * (kw * step + 4) + k % kw * step, Math.floor(i / columns) * (kh * step + 4) + Math.floor(k / kw) * step, step, step);
    }));
  }
}

// ------------------------------------------------------------------------- the sum behind a pixel
function pick(place, aloud) {
  const before = view.pick;
  if (place && before && ["index", "row", "column", "c"].every((key) => place[key] === before[key])) return;
  if (before?.index !== place?.index) view.channel = null;
  view.pick = place;
  for (const index of new Set([before?.index, place?.index])) {
    view.layers[index]?.draw();
    view.layers[index]?.drawFilters();
  }
  explain();
  if (aloud && place) $("aloud").textContent = `${view.sheet.querySelector("h2").textContent}: ${view.sheet.querySelector(".sum")?.textContent ?? ""}`;
  drawOver();
}

function explain() {
  const { model, pick: place } = view;
  if (!view.sheet) return;
  if (!place || !model.outputs) {
    view.sheet.replaceChildren(make("h2", { textContent: "The sum behind a pixel" }),
      make("p", { className: "muted", textContent: model.outputs ? "Point at a pixel of any map, or tab to a layer and use the arrow keys. A click keeps the pixel." : "Draw something, then point at a pixel of any map." }));
    return;
  }
  const { network, outputs } = model, layer = network.layers[place.index];
  const x = place.index ? outputs[place.index - 1] : model.x, y = outputs[place.index];
  const { H, W, C } = view.layers[place.index], i = (place.row * W + place.column) * C + place.c;
  const title = H * W > 1 ? `${layer.name}, map ${place.c}, row ${place.row}, column ${place.column}` : `${layer.name}, number ${place.c}${C === model.classes.length && place.index === network.layers.length - 1 ? ` (${model.classes[place.c]})` : ""}`;
  const { parts, sum } = EXPLAIN[layer.kind]({ layer, network, place, x, y: y[i], i });
  view.sheet.replaceChildren(make("h2", { textContent: title }), make("p", { className: "sum", innerHTML: sum }), ...parts);
}

const activated = (layer, z, y) => layer.activation === "linear" ? "" : layer.activation === "softmax"
  ? `, softmax: e<sup>${number(z)}</sup> / Σ e<sup>scores</sup> = <b>${number(y)}</b>` : `, ${layer.activation}(${number(z)}) = <b>${number(y)}</b>`;
const signed = (value) => value < 0 ? `− ${number(-value)}` : `+ ${number(value)}`;

// A table of cells { text, value, outside }: blue where the value is positive, orange where negative.
function grid(rows) {
  return make("table", {}, make("tbody", {}, ...rows.map((row) => make("tr", {}, ...row.map(({ text, value, outside }) =>
    make("td", { innerHTML: text, className: outside ? "outside" : value > 0 ? "positive" : value < 0 ? "negative" : "" }))))));
}

// For each kind of layer: the sum in words and numbers, and what stands beside it.
const EXPLAIN = {
  Conv2D({ layer, network, place, x, y }) {
    const { kh, kw, top, left, input: [H, W, C], strides: [down, right], matrix } = layer;
    const value = (r, k, c) => {
      const row = place.row * down - top + r, column = place.column * right - left + k;
      return row >= 0 && row < H && column >= 0 && column < W ? x[(row * W + column) * C + c] : null;
    };
    const weight = (r, k, c) => network.products.entry(matrix, (r * kw + k) * C + c, place.c);
    const rows = [...Array(kh).keys()], columns = [...Array(kw).keys()];
    const sums = Array.from({ length: C }, (_, c) => rows.reduce((all, r) => columns.reduce((sum, k) => sum + (value(r, k, c) ?? 0) * weight(r, k, c), all), 0));
    const bias = layer.bias?.[place.c] ?? 0, total = sums.reduce((a, b) => a + b), z = total + bias;
    const order = [...sums.keys()].sort((a, b) => Math.abs(sums[b]) - Math.abs(sums[a]));
    const c = view.channel !== null && view.channel < C ? view.channel : order[0], parts = [];
    parts.push(make("p", { className: "muted", textContent: C > 1 ? `Window × kernel in map ${c}, their sum ${number(sums[c])}:` : "Window × kernel:" }));
    parts.push(grid(rows.map((r) => columns.map((k) => {
      const inside = value(r, k, c), w = weight(r, k, c);
      return { text: `${number(inside ?? 0)}<br>× ${number(w)}`, value: (inside ?? 0) * w, outside: inside === null };
    }))));
    if (C > 1) {
      const few = order.slice(0, 9).sort((a, b) => a - b), rest = order.slice(9).reduce((sum, k) => sum + sums[k], 0);
      const terms = few.map((k) => {
        const button = make("button", { type: "button", textContent: `map ${k}: ${number(sums[k])}`, onclick: () => { view.channel = k; explain(); } });
        button.setAttribute("aria-pressed", k === c);
        return button;
      });
      if (C > 9) terms.push(make("span", { textContent: `${C - 9} others: ${number(rest)}` }));
      parts.push(make("div", { className: "terms" }, ...terms));
    }
    return { parts, sum: `Σ window ⊙ kernel + bias = ${number(total)} ${signed(bias)} = <b>${number(z)}</b>${activated(layer, z, y)}` };
  },
  Dense({ layer, network, place, x, y }) {
    const products = Array.from(x, (value, k) => value * network.products.entry(layer.matrix, k, place.c));
    const bias = layer.bias?.[place.c] ?? 0, total = products.reduce((a, b) => a + b, 0), z = total + bias;
    const order = [...products.keys()].sort((a, b) => Math.abs(products[b]) - Math.abs(products[a])), few = order.slice(0, 12);
    const rest = order.slice(12).reduce((sum, k) => sum + products[k], 0);
    const terms = few.map((k) => make("span", { textContent: `input ${k}: ${number(x[k])} × ${number(network.products.entry(layer.matrix, k, place.c))} = ${number(products[k])}` }));
    if (order.length > 12) terms.push(make("span", { textContent: `${order.length - 12} others: ${number(rest)}` }));
    return { parts: [make("div", { className: "terms" }, ...terms)], sum: `Σ inputs × weights + bias = ${number(total)} ${signed(bias)} = <b>${number(z)}</b>${activated(layer, z, y)}` };
  },
  Pooling({ layer, place, x, y }) {
    const columns = layer.whole ? 1 : layer.output[1];
    const values = layer.windows[place.row * columns + place.column].map((at) => x[at + place.c]);
    const shown = values.slice(0, 64), width = Math.min(layer.kw, Math.ceil(Math.sqrt(shown.length)));
    const rows = Array.from({ length: Math.ceil(shown.length / width) }, (_, r) => shown.slice(r * width, (r + 1) * width));
    const of = layer.of === "max" ? `max(${shown.slice(0, 9).map(number).join(", ")}${values.length > 9 ? ", …" : ""})` : `(${shown.slice(0, 9).map(number).join(" + ")}${values.length > 9 ? " + …" : ""}) / ${values.length}`;
    const caption = make("p", { className: "muted", textContent: `The window in map ${place.c}${values.length > 64 ? ", its first 64 numbers" : ""}:` });
    return { parts: [caption, grid(rows.map((row) => row.map((value) => ({ text: number(value), value }))))], sum: `${of} = <b>${number(y)}</b>` };
  },
  Padding({ layer: { top, left, input: [H, W] }, place, y }) {
    const row = place.row - top, column = place.column - left, inside = row >= 0 && row < H && column >= 0 && column < W;
    return { parts: [], sum: inside ? `<b>${number(y)}</b>, from row ${row}, column ${column}` : "<b>0</b>, the border" };
  },
  Scaling({ layer, x, y, i }) {
    const c = i % layer.scale.length;
    return { parts: [make("p", { className: "muted", textContent: layer.class === "BatchNormalization" ? "Scale and offset follow from γ, β and the moving mean and variance of the training." : "The same scale and offset for every pixel." })],
      sum: `scale × input + offset = ${number(layer.scale[c])} × ${number(x[i])} ${signed(layer.offset[c])} = <b>${number(y)}</b>` };
  },
  Activation: ({ layer, x, y, i }) => ({ parts: [], sum: `${layer.activation}(${number(x[i])}) = <b>${number(y)}</b>` }),
  Flatten: ({ layer, i, y }) => {
    const [, W, C] = layer.input, c = i % C, column = (i - c) / C % W;
    return { parts: [], sum: `<b>${number(y)}</b>, from map ${c}, row ${Math.floor(i / C / W)}, column ${column}` };
  },
  Unchanged: ({ y }) => ({ parts: [make("p", { className: "muted", textContent: "This layer changes something in training only." })], sum: `<b>${number(y)}</b>, as before` }),
};

// ------------------------------------------------------------------------- where it looked
function whereClass() { return view.where.chosen ?? bestOf(read1(view.model)); }

function look(final) {
  const { model, where } = view;
  if (!where) return;
  stopWorker();
  where.result = null;
  if (model.outputs) {
    const chosen = whereClass(), { network, x, outputs } = model;
    if (where.mode === "gradient") where.result = gradCam(network, x, outputs, chosen) ?? gradientTimesInput(network, x, outputs, chosen);
    else if (!isLarge(model) || !window.Worker) {
      if (final) where.result = finish(occlusion(network, x, chosen, coverOf(model)));
    } else if (final) return occludeInWorker(chosen);
  }
  showWhere();
}

// Covered is with paper, or with the mean of a picture.
const coverOf = ({ kind, x }) => kind === "digits" ? 0 : x.reduce((a, b) => a + b) / x.length;

function finish(steps) {
  for (;;) {
    const { value, done } = steps.next();
    if (done) return value;
  }
}

const WORKER = `onmessage = async ({ data: { model, kernels, x, chosen, cover } }) => {
  const steps = occlusion(new Network(model, await unpacked(model), kernels), x, chosen, cover);
  for (;;) {
    const { value, done } = steps.next();
    postMessage(done ? { result: value } : { share: value });
    if (done) return;
  }
};`;

function occludeInWorker(chosen) {
  const { model, where } = view, { input, layers, numbers } = model;
  const address = URL.createObjectURL(new Blob([$("network.js").textContent, $("where.js").textContent, WORKER], { type: "text/javascript" }));
  view.worker = new Worker(address);
  URL.revokeObjectURL(address);
  where.share = 0;
  showWhere();
  view.worker.onmessage = ({ data: { share, result } }) => {
    if (result) { stopWorker(); where.result = result; showWhere(); } else if (view.progress) view.progress.value = share;
  };
  view.worker.onerror = () => { stopWorker(); showWhere("This browser cannot compute it in the background."); };
  view.worker.postMessage({ model: { input, layers, numbers }, kernels, x: model.x, chosen, cover: coverOf(model) });
}

function stopWorker() {
  view.worker?.terminate();
  view.worker = view.progress = null;
}

function setWhere(mode, chosen) {
  view.where = mode && { mode, chosen };
  if (mode) look(true); else { stopWorker(); showWhere(); }
}

function showWhere(trouble) {
  const { model, where, whereBox } = view;
  if (!whereBox) return;
  for (const button of whereBox.querySelectorAll("[data-mode]")) button.setAttribute("aria-pressed", button.dataset.mode === where?.mode);
  [...whereBox.querySelectorAll(".digits button")].forEach((button, i) => button.setAttribute("aria-pressed", Boolean(where && model.outputs) && whereClass() === i));
  const text = view.whereText, a = (i) => `${/^[aeiou]|^8$/.test(model.classes[i]) ? "an" : "a"} ${model.classes[i]}`;
  const parts = [];
  if (trouble) parts.push(trouble);
  else if (!where) parts.push("What in the picture speaks for a class? Choose a method, then any class: why a 7 and not a 1?");
  else if (!model.outputs) parts.push("Draw something first.");
  else if (view.worker) {
    view.progress = make("progress", { max: 1, value: 0 });
    view.progress.setAttribute("aria-label", "Occlusion");
    parts.push(make("span", { className: "row" }, view.progress, make("button", { type: "button", className: "quiet", textContent: "Cancel", onclick: () => setWhere(null) })));
  } else if (where.result) {
    const most = where.result.values.reduce((m, v) => Math.max(m, Math.abs(v)), 0), name = a(whereClass());
    if (where.mode === "occlusion") parts.push(`Orange: where a cover of ${where.result.patch} × ${where.result.patch} pixels lowers the probability of ${name}, at most by ${number(where.result.values.reduce((m, v) => Math.max(m, v), 0))}. Blue: where it raises it.`);
    else if (!where.result.layer) parts.push(`There is no convolution, so this is each pixel's gradient times its value. Orange speaks for ${name}, blue against.`);
    else parts.push(most ? `Grad-CAM at ${where.result.layer}, ${shapeText(where.result.shape)}. Orange: what speaks for ${name}.` : `Grad-CAM at ${where.result.layer}: nothing speaks for ${name}.`);
  } else parts.push("It is computed at the end of the stroke.");
  text.replaceChildren(...parts);
  drawOver();
}

// ------------------------------------------------------------------------- over the drawing
// The heat of where it looked, the window that the chosen pixel depends on, and the keyboard's brush.
function drawOver() {
  const over = $(state.kind).querySelector(".over").getContext("2d"), { model, where, pick: place } = view;
  over.clearRect(0, 0, 560, 560);
  if (model && seen && model.outputs) {
    const [x0, y0] = seen.origin, side = state.kind === "digits" ? 28 : 32, [sx, sy] = seen.scale;
    if (where?.result) drawHeat(over, where.result, [x0, y0, side * sx, side * sy], model.input);
    if (place) {
      const [top, left, bottom, right] = model.network.field(place.index, place.row, place.column), unit = side / model.input[0];
      for (const [colour, width] of [["#ffffff", 7], ["#c2255c", 3]]) {
        over.strokeStyle = colour;
        over.lineWidth = width;
        over.strokeRect(x0 + left * unit * sx, y0 + top * unit * sy, (right + 1 - left) * unit * sx, (bottom + 1 - top) * unit * sy);
      }
    }
  }
  brushRing(over);
}

function drawHeat(over, { values, shape: [H, W], patch, step }, [x, y, width, height], [inputH, inputW]) {
  const most = values.reduce((m, v) => Math.max(m, Math.abs(v)), 0) || 1;
  const small = make("canvas", { width: W, height: H }), image = new ImageData(W, H);
  values.forEach((value, i) => image.data.set([...(value > 0 ? [244, 104, 0] : [25, 90, 230]), Math.min(Math.abs(value) / most, 1) ** 0.8 * 190], 4 * i));
  small.getContext("2d").putImageData(image, 0, 0);
  over.imageSmoothingEnabled = true;
  over.imageSmoothingQuality = "high";
  if (patch) {  // each number stands for the middle of a patch
    const [ux, uy] = [width / inputW, height / inputH], rim = (patch - step) / 2;
    over.drawImage(small, x + rim * ux, y + rim * uy, W * step * ux, H * step * uy);
  } else over.drawImage(small, x, y, width, height);
}

// ------------------------------------------------------------------------- opening and showing
function openInside(model) {
  stopWorker();
  view.sheet?.remove();
  const same = model && view.model === model;
  Object.assign(view, { model, layers: [], pick: same ? view.pick : null, pinned: false, channel: null, where: same ? view.where : null, sheet: null, whereBox: null });
  view.watch?.disconnect();
  drawOver();
  if (!model) { $("inside").replaceChildren(); return; }
  table = colourTable();
  view.layers = model.network.layers.map((_, index) => new LayerView(model, index));
  model.card = card(model);
  model.card.element.className = "model";
  const modes = [["gradient", model.layers.some((layer) => layer.kind === "Conv2D") ? "Grad-CAM" : "Gradient × input"], ["occlusion", "Occlusion"]];
  view.whereText = make("p", { className: "muted" });
  view.whereText.setAttribute("aria-live", "polite");
  view.whereBox = make("section", { className: "where" }, make("h2", { textContent: "Where did it look?" }),
    make("div", { className: "row" }, ...modes.map(([mode, name]) => {
      const button = make("button", { type: "button", className: "quiet", textContent: name, onclick: () => setWhere(view.where?.mode === mode ? null : mode, view.where?.chosen) });
      button.dataset.mode = mode;
      return button;
    })),
    make("div", { className: "digits" }, ...model.classes.map((name, i) => {
      const button = make("button", { type: "button", textContent: name, onclick: () => setWhere(view.where?.mode ?? "gradient", i) });
      button.setAttribute("aria-label", `What speaks for ${name}`);
      return button;
    })), view.whereText);
  view.sheet = make("section", { className: "card sheet" });
  view.sheet.setAttribute("aria-label", "The sum behind a pixel");
  view.sheet.tabIndex = 0;
  const aloud = make("p", { id: "aloud", className: "visually-hidden" });
  aloud.setAttribute("aria-live", "polite");
  $("inside").classList.toggle("words", model.kind === "pictures");
  $("inside").replaceChildren(make("div", { className: "card" }, model.card.element, view.whereBox),
    make("ol", { className: "layers" }, ...view.layers.map((each) => each.element)), aloud);
  $(state.kind).querySelector(".input").after(view.sheet);
  // Only what is on the screen is drawn.
  view.watch = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      const each = view.layers.find(({ element }) => element === target);
      if (!each) continue;
      each.visible = isIntersecting;
      if (isIntersecting && each.columns) each.draw();
    }
  }, { rootMargin: "100px" });
  for (const each of view.layers) view.watch.observe(each.element);
  arrangeLayers();
  showInside(true);
  showWhere();
}

function arrangeLayers() {
  for (const each of view.layers) {
    each.arrange(each.element.clientWidth - 34);
    each.draw();
    each.drawFilters();
  }
}
addEventListener("resize", () => arrangeLayers());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { if (view.model) openInside(view.model); });

function showInside(final) {
  if (!view.model) return;
  showCard(view.model.card, view.model);
  for (const each of view.layers) if (each.visible) each.draw();
  explain();
  if (view.where && (final || !isLarge(view.model))) look(final);
  drawOver();
}
