// The models: loaded, asked for each change of the drawing, and shown with ten bars each; the two
// tabs, the examples, and saving.
"use strict";

const data = JSON.parse($("data").textContent);
const kernels = data.kernels.map((text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)));
const state = { kind: "digits", chosen: null, pixels: null };  // pixels: [32, 32, 3] of the picture shown
const shown = () => data.models.filter((model) => model.kind === state.kind);
const ready = () => shown().filter((model) => model.network);

// ------------------------------------------------------------------------- loading
async function load(model) {
  try {
    model.network = new Network(model, await unpacked(model), kernels);
  } catch (error) {
    model.failed = `The weights of ${model.name} are damaged: build the page again with «make page».`;
    problem(model.failed);
  }
}

// The scripts of the large models call this.
const waiting = {};
function arrived(model) { waiting[model.name]?.(model); }

async function loadLarge(model) {
  model.loading = true;
  showModels();
  const whole = await new Promise((done) => {
    waiting[model.name] = done;
    const script = document.createElement("script");
    script.src = `${model.name}.js`;
    script.onload = script.onerror = () => { script.remove(); setTimeout(() => done(null)); };
    document.head.append(script);
  });
  model.loading = false;
  if (whole) {
    Object.assign(model, { numbers: whole.numbers, layers: whole.layers });
    await load(model);
  } else problem(`${model.name}.js is missing or damaged beside this page: build the page again with «make page».`);
  showModels();
  changed(performance.now());
}

// ------------------------------------------------------------------------- what the models see
// { values: 28 × 28 or 32 × 32 × 3, origin, scale: where in the drawing that lies } or null.
function seenNow() {
  if (state.kind === "pictures") return state.pixels && { values: state.pixels, origin: [0, 0], scale: [560 / 32, 560 / 32] };
  if (example) return { values: example, origin: [0, 0], scale: [20, 20] };
  if (!strokes.length) return null;
  const { grey, paper, within } = drawnGrey();
  return prepare(grey, canvas.width, paper, within);
}

function inputOf(model, values) {
  return model.kind === "digits" ? enlarged(values, model.input[0]) : values;
}

// While a stroke is drawn, the models read once for each frame, the large ones ten times a second: the
// end of the stroke, when all read, seldom has to wait for one of them.
let due = 0, later = 0, seen = null;
const isLarge = (model) => model.parameters > data.small;
function changed(end) {
  if (end !== undefined) { cancelAnimationFrame(due); due = 0; read(end); }
  else due ||= requestAnimationFrame(() => { due = 0; read(); });
}

function read(end) {
  seen = seenNow();
  const postponed = (model) => end === undefined && isLarge(model) && model !== state.chosen;
  readBy(ready().filter((model) => !postponed(model)));
  if (end !== undefined) { clearTimeout(later); later = 0; }
  else if (ready().some(postponed)) later ||= setTimeout(() => { later = 0; readBy(ready().filter(postponed)); }, 100);
  showSeen();
  if (state.chosen) showInside(end !== undefined);
  if (state.unprepared && end !== undefined) showUnprepared();
  if (end === undefined) return;
  summarise();  // it is read aloud: once per stroke is enough
  const { duration } = performance.measure("stroke end to bars", { start: end });
  $("results").dataset.read = `${Number($("results").dataset.read ?? 0) + 1}`;
  $("about").textContent = aboutSeen() + (seen && ready().length ? ` Read in ${duration < 10 ? duration.toFixed(1) : Math.round(duration)} ms.` : "");
  requestAnimationFrame(() => setTimeout(() => performance.measure("stroke end to frame", { start: end })));
}

function readBy(models) {
  for (const model of models) {
    model.x = seen && inputOf(model, seen.values);
    model.outputs = seen && model.network.forward(model.x);
    if (model.card) showCard(model.card, model);
  }
  showChips();
}

function aboutSeen() {
  return state.kind === "digits"
    ? "Your drawing cropped, fitted into 20 × 20 pixels and centred by its mass in 28 × 28, as the digits of MNIST were."
    : "The middle square of the picture, shrunk to 32 × 32 pixels as those of CIFAR-10 are.";
}

// ------------------------------------------------------------------------- bars
const percent = (share) => share > .999 ? "> 99.9 %" : `${(100 * share).toFixed(1)} %`;
const bestOf = (shares) => shares.indexOf(Math.max(...shares));
const read1 = (model) => model.outputs?.at(-1);

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

// Text is written where it changes: the page would be laid out anew for the same text, too.
function write(element, text) { if (element.textContent !== text) element.textContent = text; }

function card(model) {
  const about = [model.test_accuracy && `${(100 * model.test_accuracy).toFixed(2)} % in the test`, `${model.parameters.toLocaleString("en")} parameters`];
  const element = make("section", { className: "card model" });
  element.setAttribute("aria-label", model.name);
  const answer = make("p", { className: "answer" }, make("b"), make("span")), bars = make("div", { className: "bars" });
  element.append(make("div", {}, make("div", {}, make("h2", { textContent: model.name }), make("small", { innerHTML: about.filter(Boolean).join("<br>") })), answer));
  if (!model.network) {
    const size = model.parameters * 2.35 / 1e6;
    if (model.failed) element.append(make("p", { className: "muted", textContent: model.failed }));
    else if ("numbers" in model) element.append(make("p", { className: "muted", textContent: "Loading…" }));
    else {
      const button = make("button", { type: "button", textContent: model.loading ? "Loading…" : `Load it (${size.toFixed(size < 10 ? 1 : 0)} MB)`, onclick: () => model.loading || loadLarge(model) });
      button.setAttribute("aria-label", `${button.textContent}: ${model.name}`);
      element.append(button);
    }
    return { element };
  }
  bars.setAttribute("role", "img");
  for (const name of model.classes) bars.append(make("div", {}, make("i", {}, make("b")), make("span", { textContent: name })));
  const unprepared = make("p", { className: "muted unprepared", hidden: true });
  const look = make("button", { type: "button", className: "quiet look", textContent: "Look inside", onclick: () => choose(model) });
  look.setAttribute("aria-label", `Look inside ${model.name}`);
  element.append(bars, unprepared, look);
  return { element, answer, bars, unprepared };
}

function showModels() {
  $("models").hidden = Boolean(state.chosen);
  $("inside").hidden = !state.chosen;
  $("results").classList.toggle("words", state.kind === "pictures");
  if (!state.chosen) {
    for (const model of data.models) model.card = null;
    $("models").replaceChildren(...shown().map((model) => (model.card = card(model)).element));
  }
  for (const model of ready()) if (model.card?.bars) showCard(model.card, model);
  const chips = [["All models", null], ...ready().map((model) => [model.name, model])];
  $("chips").replaceChildren(...chips.map(([name, model]) => {
    const button = make("button", { type: "button", textContent: name, onclick: () => choose(model) });
    button.setAttribute("aria-pressed", state.chosen === model);
    if (model) button.append(make("b"));
    return button;
  }));
  showChips();
  if (state.unprepared) showUnprepared();
}

function showChips() {
  ready().forEach((model, i) => {
    const shares = read1(model);
    write($("chips").children[i + 1].lastChild, shares ? model.classes[bestOf(shares)] : "");
  });
}

function showCard({ answer, bars }, model) {
  const shares = read1(model), best = shares ? bestOf(shares) : -1;
  write(answer.firstChild, shares ? model.classes[best] : "–");
  write(answer.lastChild, shares ? percent(shares[best]) : "");
  bars.setAttribute("aria-label", shares
    ? `${model.name}: ${[...shares].map((share, i) => `${model.classes[i]}: ${percent(share)}`).join(", ")}`
    : `${model.name}: nothing read yet`);
  [...bars.children].forEach((bar, i) => {
    const share = shares ? shares[i].toFixed(4) : "0";
    if (bar.share !== share) bar.firstChild.firstChild.style.setProperty("--p", bar.share = share);
    bar.classList.toggle("top", i === best);
  });
}

function paint(canvas, values, side, channels = 1) {
  if (canvas.width !== side) canvas.width = canvas.height = side;
  const context = canvas.getContext("2d"), image = context.createImageData(side, side);
  for (let i = 0; i < side * side; i++) {
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = Math.round(255 * values[channels * i + (channels === 3 ? c : 0)]);
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

function showSeen() {
  const channels = state.kind === "digits" ? 1 : 3, side = channels === 1 ? 28 : 32;
  paint($("seen"), seen?.values ?? new Float32Array(side * side * channels), side, channels);
}

function showUnprepared() {
  const drawn = state.kind === "digits" && seen && !example && strokes.length;
  const small = drawn && state.unprepared ? resizeOnly(drawnGrey().grey, canvas.width) : null;
  $("shrunk-figure").hidden = !small;
  if (small) paint($("shrunk"), small, 28);
  for (const model of ready()) {
    if (!model.card?.unprepared) continue;
    model.card.unprepared.hidden = !small;
    if (!small) continue;
    const shares = model.network.forward(inputOf(model, small)).at(-1), best = bestOf(shares);
    model.card.unprepared.textContent = `Merely shrunk, it reads a ${model.classes[best]} (${percent(shares[best])}).`;
  }
}
$("unprepared").onclick = () => {
  state.unprepared = !state.unprepared;
  $("unprepared").setAttribute("aria-pressed", state.unprepared);
  showUnprepared();
};

// The answer of most models, and who reads something else.
function summarise() {
  const said = new Map();
  for (const model of ready()) {
    const shares = read1(model);
    if (!shares) continue;
    const name = model.classes[bestOf(shares)];
    said.set(name, [...(said.get(name) ?? []), model.name]);
  }
  if (!said.size) {
    write($("others"), "");
    $("summary").textContent = state.kind === "digits" ? "Nothing drawn yet" : state.pixels ? "Load a model to read it" : "No picture yet";
    $("about").textContent = aboutSeen();
    return;
  }
  const names = (list) => list.length < 2 ? list[0] : `${list.slice(0, -1).join(", ")} and ${list.at(-1)}`;
  const a = (name) => `${/^[aeiou]|^8$/.test(name) ? "an" : "a"} ${name}`;
  const sentence = ([name, list]) => `${names(list)} read${list.length === 1 ? "s" : ""} ${a(name)}`;
  const [first, ...others] = [...said].sort((x, y) => y[1].length - x[1].length);
  const all = first[1].length + others.reduce((sum, each) => sum + each[1].length, 0);
  const count = others.length ? `${first[1].length} of ${all}` : all === 2 ? "Both" : `All ${all}`;
  const tied = others.length && others[0][1].length === first[1].length;
  write($("summary"), all === 1 ? sentence(first) : tied ? "The models disagree" : `${count} models read ${a(first[0])}`);
  write($("others"), (tied ? [first, ...others] : others).map(sentence).join("; "));
}

function problem(sentence) {
  $("problem").textContent = sentence;
  $("problem").hidden = !sentence;
}

// ------------------------------------------------------------------------- one model, or all
function choose(model) {
  state.chosen = model;
  showModels();
  openInside(model);
}

// ------------------------------------------------------------------------- the two tabs
const SUBTITLES = {
  digits: "Every trained model of this collection reads it while you draw. Look inside one to see how.",
  pictures: "The networks of chapter 06 say what it shows. Look inside one to see how.",
};

function openTab(kind) {
  state.kind = kind;
  state.chosen = null;
  for (const each of ["digits", "pictures"]) {
    $(each).hidden = each !== kind;
    $(`tab-${each}`).setAttribute("aria-selected", each === kind);
    $(`tab-${each}`).tabIndex = each === kind ? 0 : -1;
  }
  $("unprepared").hidden = kind !== "digits";
  $("shrunk-figure").hidden = true;
  document.querySelector(".seen").hidden = kind !== "digits";
  document.querySelector("h1").textContent = kind === "digits" ? "Draw a digit" : "Show a picture";
  $("subtitle").textContent = SUBTITLES[kind];
  openInside(null);
  showModels();
  changed(performance.now());
}
for (const kind of ["digits", "pictures"]) {
  $(`tab-${kind}`).onclick = () => openTab(kind);
  $(`tab-${kind}`).onkeydown = (event) => {
    if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    openTab(state.kind === "digits" ? "pictures" : "digits");
    $(`tab-${state.kind}`).focus();
  };
}

// ------------------------------------------------------------------------- examples
async function showExamples(kind, side, channels, use) {
  const { strip, labels } = data.examples[kind], image = new Image();
  image.src = strip;
  await image.decode();
  const whole = make("canvas", { width: side * labels.length, height: side }), context = whole.getContext("2d", { willReadFrequently: true });
  context.drawImage(image, 0, 0);
  labels.forEach((label, i) => {
    const bytes = context.getImageData(i * side, 0, side, side).data;
    const values = new Float32Array(side * side * channels).map((_, k) => bytes[4 * Math.floor(k / channels) + k % channels] / 255);
    const small = make("canvas"), button = make("button", { type: "button", title: `${label}` }, small);
    paint(small, values, side, channels);
    button.setAttribute("aria-label", kind === "digits" ? `Test digit: a ${label}${i < 10 ? "" : ", a hard one"}` : `Test picture: ${label}`);
    button.onclick = () => use(values);
    $(`examples-${kind}`).append(button);
  });
}

// ------------------------------------------------------------------------- saving
for (let digit = 0; digit < 10; digit++) {
  const button = make("button", { type: "button", id: `save-${digit}`, textContent: digit, onclick: () => save(digit) });
  button.setAttribute("aria-label", `Save it as a ${digit}`);
  $("saves").append(button);
}

function saved(sentence, kind) {
  $("saved").textContent = sentence;
  $("saved").className = kind;
}

async function save(digit) {
  if (!strokes.length || stroke) { saved("Draw a digit first.", "bad"); return; }
  const drawn = strokes, note = $("note").value.trim().replace(/\s+/g, "-");
  if (!/^[A-Za-z0-9_-]*$/.test(note)) { saved("The note becomes part of the file name: use letters, digits, hyphens and underscores.", "bad"); return; }
  const picture = canvas.toDataURL("image/png");
  if (!data.server) {
    const name = note ? `${digit}_${note}_${Date.now()}.png` : `${digit}_${Date.now()}.png`;
    make("a", { href: picture, download: name }).click();
    saved(`Downloaded as ${name}. Put it into images/drawings/, and the line "${name}": ${digit} into groundtruth.json there.`, "good");
    clear();
    return;
  }
  try {
    const reply = await fetch("save", {
      method: "POST", headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ picture, digit, note }), signal: AbortSignal.timeout(10000),
    });
    const answer = await reply.json();
    if (!reply.ok) { saved(answer.error, "bad"); return; }
    saved(`Saved as ${answer.file}. ${answer.count === 1 ? "There is 1 drawing with its" : `There are ${answer.count} drawings with their`} digit now.${answer.dropped ? ` ${answer.dropped}` : ""}`, "good");
    if (strokes === drawn && !stroke) clear();  // ready for the next one; undo brings it back
  } catch {
    saved("Not saved: the server does not answer. Start it again with «python draw_digits/server.py»; your drawing stays here meanwhile.", "bad");
  }
}

// ------------------------------------------------------------------------- start
$("theme").onchange = () => {
  document.documentElement.dataset.theme = $("theme").value;
  try { localStorage.setItem("theme", $("theme").value); } catch { /* not from every disk */ }
  if (state.chosen) openInside(state.chosen);
};
try { $("theme").value = localStorage.getItem("theme") ?? ""; } catch { /* as the system has it */ }
document.documentElement.dataset.theme = $("theme").value;
if (matchMedia("(prefers-color-scheme: dark)").matches) $("black").checked = true;
if (data.leftOut.length) {
  $("footer").append(make("details", {}, make("summary", { textContent: "Models that this page cannot run" }),
    make("ul", {}, ...data.leftOut.map((sentence) => make("li", { textContent: sentence })))));
}
if (!data.models.length) problem("There is no trained model yet: run «python 02_linear/1_train_linear.py».");
drawAll();
showBrush();
openTab("digits");
showExamples("digits", 28, 1, showExample);
showExamples("pictures", 32, 3, showPicture);
Promise.all(data.models.filter((model) => "numbers" in model).map(load)).then(() => {
  showModels();
  changed(performance.now());
  document.documentElement.dataset.ready = "true";
});
