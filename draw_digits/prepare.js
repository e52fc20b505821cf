// A drawing on the page's clean canvas made like the digits of MNIST: cropped to the ink, fitted into
// 20 × 20 pixels, and placed in 28 × 28 with its centre of mass in the middle (LeCun, Bottou, Bengio &
// Haffner, 1998, section III.A). The counterpart of cnn_practice/drawings.py, step by step: a test
// holds the two together. Photographs with shading and noise are for that one.
"use strict";

// Pen width of MNIST in pixels of its 20 × 20 box: a thinner or thicker pen is brought there.
const PEN_WIDTHS = [1.7, 3.9];
const SIZE = 400;  // pixels a side, at most, in which ink is looked for

// A picture here is { values, height, width }, its values row by row, 0 = paper and 1 = ink.
const picture = (height, width, values = new Float32Array(height * width)) => ({ height, width, values });

// The 28 × 28 picture that the models see of a drawing, and where in the drawing it lies.
//
// grey: bytes of a square canvas, 0 = black and 255 = white; paper: the grey value of its paper;
// within: [top, left, bottom, right], outside of which is nothing but paper (the last two are within).
// Returns null for a blank canvas, or { values, origin: [x, y], scale: [x, y] }: the pixel (x, y) of
// the 28 × 28 begins at origin + scale · (x, y) in pixels of the drawing.
function prepare(grey, side, paper, within) {
  const first = findInk(picture(side, side, grey), paper, within);
  if (!first) return null;
  const [piece, top, left] = cropped(first);
  const second = shrunk(piece, 160);
  const pen = withMnistPen(second);
  const margin = (pen.height - second.height) / 2;  // it is padded where the pen is thickened
  const box = fit(pen, 20);
  const [values, down, right] = centredByMass(box, 28);
  const block = first.block * second.block;
  const scale = [block * pen.width / box.width, block * pen.height / box.height];
  const origin = [
    first.left + left * first.block - margin * block - right * scale[0],
    first.top + top * first.block - margin * block - down * scale[1],
  ];
  return { values, origin, scale };
}

// The ink of a drawing, shrunk by `block`, and where in the drawing it begins.
function findInk(grey, paper, within) {
  const shrunkTo = shrunkInk(grey, paper, SIZE, within);
  if (!shrunkTo) return null;
  const { block } = shrunkTo, ink = { ...withoutSpecks(shrunkTo), block, top: shrunkTo.top, left: shrunkTo.left };
  const [piece, down, aside] = cropped(ink), extent = Math.max(piece.height, piece.width);
  if (block === 1 || extent >= 0.08 * SIZE) return ink;
  // A small digit on a large canvas: look closely.
  const firstRow = ink.top / block + down, firstColumn = ink.left / block + aside;
  const top = Math.max(firstRow - extent, 0) * block, left = Math.max(firstColumn - extent, 0) * block;
  const bottom = Math.min((firstRow + piece.height + extent) * block, grey.height);
  const right = Math.min((firstColumn + piece.width + extent) * block, grey.width);
  return { ...findInk(framed(grey, top, left, bottom - top, right - left), paper), top, left };
}

// The drawing shrunk to 28 × 28 and nothing else: what people try first, and why it fails.
function resizeOnly(grey, side) {
  const { values } = resized(picture(side, side, new Float32Array(grey).map((v) => v / 255)), 28, 28, TRIANGLE);
  const sorted = values.slice().sort(), median = (sorted[391] + sorted[392]) / 2;
  return median > 0.5 ? values.map((v) => 1 - v) : values;
}

// A prepared drawing for a model with a larger input, by bilinear interpolation.
function enlarged(values, size) {
  return size === 28 ? values : resized(picture(28, 28, values), size, size, TRIANGLE).values;
}

// How much ink each pixel bears, 0 to 1, shrunk like `shrunk` to at most `size` pixels a side, of the
// part that has ink, and where that begins. The numbers are rounded to single precision where
// Python's are: a pixel half covered by the pen is on the threshold, and must fall to the same side.
function shrunkInk({ height, width, values }, paper, size, within) {
  const block = Math.ceil(Math.max(height, width) / size);
  let [top, left, bottom, right] = inked({ height, width, values }, paper, within);
  if (bottom < 0) return null;
  [top, left] = [top, left].map((edge) => edge - edge % block);
  // Of each block the pixel that differs most from the paper, and how many there are of each value.
  const rows = Math.ceil((bottom + 1 - top) / block), columns = Math.ceil((right + 1 - left) / block);
  const strongest = new Uint8Array(rows * columns).fill(paper);
  for (let y = top; y <= bottom; y++) {
    const row = Math.floor((y - top) / block) * columns, line = y * width;
    for (let x = left; x <= right; x++) {
      const v = values[line + x];
      if (v === paper) continue;
      const at = row + ((x - left) / block | 0);
      if (Math.abs(v - paper) > Math.abs(strongest[at] - paper)) strongest[at] = v;
    }
  }
  const count = new Uint32Array(256), share = (v) => Math.fround(v / 255);
  for (const v of strongest) count[v]++;
  const levels = Float32Array.from({ length: 256 }, (_, v) => Math.abs(share(v) - share(paper)));
  const found = [...count.keys()].filter((v) => count[v]).sort((a, b) => levels[a] - levels[b]);
  const least = Math.max(0.5 * levels[found.at(-1)], 0.06), solid = found.filter((v) => levels[v] > least);
  if (!solid.length) return null;
  // The median of the solid ink.
  let half = solid.reduce((sum, v) => sum + count[v], 0) / 2;
  const middle = solid.find((v) => (half -= count[v]) <= 0);
  const full = half < 0 ? levels[middle] : Math.fround((levels[middle] + levels[solid[solid.indexOf(middle) + 1]]) / 2);
  const ink = levels.map((level) => Math.min(level / full, 1)).map((v) => v < 0.35 ? 0 : v);
  const result = picture(rows, columns);
  for (let i = 0; i < strongest.length; i++) result.values[i] = ink[strongest[i]];
  return { ...result, block, top, left };
}

// Shrink to at most `size` pixels a side by the maximum of blocks, which keeps thin lines.
function shrunk({ height, width, values }, size) {
  const block = Math.ceil(Math.max(height, width) / size);
  if (block === 1) return { height, width, values, block };
  const small = picture(Math.ceil(height / block), Math.ceil(width / block));
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++) {
      const at = Math.floor(y / block) * small.width + Math.floor(x / block);
      if (values[i] > small.values[at]) small.values[at] = values[i];
    }
  return { ...small, block };
}

// Take away the pieces that are far smaller than the largest piece of the digit.
function withoutSpecks(ink) {
  const { height, width, values } = ink, mass = [0];
  const piece = new Int32Array(values.length);
  for (let i = 0; i < piece.length; i++) if (values[i]) piece[i] = -1;  // ink of no piece yet
  for (let start = 0; start < piece.length; start++) {
    if (piece[start] >= 0) continue;
    const number = mass.length, stack = [start];
    piece[start] = number;
    let sum = 0;
    while (stack.length) {
      const at = stack.pop(), x = at % width, y = (at - x) / width;
      sum += values[at];
      const left = x ? -1 : 0, right = x + 1 < width ? 1 : 0;
      for (let row = y ? at - width : at, last = y + 1 < height ? at + width : at; row <= last; row += width)
        for (let next = row + left; next <= row + right; next++)
          if (piece[next] < 0) { piece[next] = number; stack.push(next); }
    }
    mass.push(sum);
  }
  if (mass.length === 2) return ink;
  const least = 0.02 * mass.reduce((a, b) => Math.max(a, b));
  return picture(height, width, values.map((v, i) => mass[piece[i]] < least ? 0 : v));
}

// The first and last row and column with ink: [top, left, bottom, right], the last two -1 without any.
function inked({ height, width, values }, paper, within = [0, 0, height - 1, width - 1]) {
  let [top, left, bottom, right] = [height, width, -1, -1];
  for (let y = within[0]; y <= within[2]; y++) {
    const line = y * width;
    let first = within[1], last = within[3];
    while (first <= last && values[line + first] === paper) first++;
    if (first > last) continue;
    while (values[line + last] === paper) last--;
    top = Math.min(top, y);
    bottom = y;
    left = Math.min(left, first);
    right = Math.max(right, last);
  }
  return [top, left, bottom, right];
}

function cropped(ink) {
  const [top, left, bottom, right] = inked(ink, 0);
  return [framed(ink, top, left, bottom + 1 - top, right + 1 - left), top, left];
}

// A part of a picture; outside of it is paper.
function framed(from, top, left, height, width) {
  const part = picture(height, width);
  const first = Math.max(0, -left), last = Math.min(width, from.width - left);
  for (let y = Math.max(0, -top); first < last && y < Math.min(height, from.height - top); y++) {
    const row = (y + top) * from.width + left;
    part.values.set(from.values.subarray(row + first, row + last), y * width + first);
  }
  return part;
}

// Thicken or thin the strokes of a cropped digit that no pen of MNIST would leave.
function withMnistPen(ink) {
  const [thinnest, thickest] = PEN_WIDTHS.map((width) => width * Math.max(ink.height, ink.width) / 20);
  const depth = distances(ink, (v) => v > 0.5);
  let sum = 0, count = 0;
  for (const v of depth) if (v) { sum += v; count++; }
  // Across a stroke of width w, the distances to the paper are 1, 2, …, 2, 1: their mean is (w + 2) / 4.
  const width = Math.max(4 * sum / count - 2, 1);
  if (width < thinnest) {
    const grow = (thinnest - width) / 2, margin = Math.ceil(grow);
    const wide = framed(ink, -margin, -margin, ink.height + 2 * margin, ink.width + 2 * margin);
    const away = distances(wide, (v) => v <= 0.5, grow);
    return picture(wide.height, wide.width, away.map((v) => Number(v <= grow)));
  }
  if (width > thickest) return picture(ink.height, ink.width, depth.map((v) => Number(v > (width - thickest) / 2)));
  return ink;
}

// How far each pixel that is `inside` is from the nearest that is not; searched up to `limit` where
// one is given, else outside of the picture is not inside either.
function distances({ height, width, values }, inside, limit) {
  const far = limit === undefined ? height + width : Math.ceil(limit) + 1;
  const beyond = limit === undefined ? 0 : Math.max(far, height + width);
  // How far down and up in its column, then the nearest over all columns.
  const count = values.length, column = new Float32Array(count), result = new Float32Array(count);
  for (let i = 0; i < count; i++) column[i] = inside(values[i]) ? 1 + (i < width ? beyond : column[i - width]) : 0;
  for (let i = count - 1; i >= 0; i--) column[i] = Math.min(column[i], 1 + (i + width < count ? column[i + width] : beyond));
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++) {
      let best = column[i] * column[i];
      for (let aside = 1; aside * aside < best && aside <= far; aside++) {
        const left = x < aside ? beyond : column[i - aside], right = x + aside < width ? column[i + aside] : beyond;
        const there = Math.min(left, right);
        best = Math.min(best, aside * aside + there * there);
      }
      result[i] = Math.sqrt(best);
    }
  return result;
}

// Shrink or enlarge to fit `size` × `size`, keeping the aspect ratio.
function fit(ink, size) {
  const scale = size / Math.max(ink.height, ink.width);
  const [height, width] = [ink.height, ink.width].map((length) => Math.max(1, rounded(length * scale)));
  const box = resized(ink, height, width, CUBIC);
  return picture(height, width, box.values.map((v) => Math.min(Math.max(v, 0), 1)));
}

// To the nearest whole number, halves to the even one, as Python rounds.
function rounded(value) {
  const low = Math.floor(value), rest = value - low;
  return rest === 0.5 ? low + low % 2 : Math.round(value);
}

// Place a box in size × size, its centre of mass at pixel (size / 2, size / 2).
function centredByMass(box, size) {
  let mass = 0, x = 0, y = 0;
  box.values.forEach((v, i) => {
    mass += v;
    x += v * (i % box.width);
    y += v * Math.floor(i / box.width);
  });
  const corner = (centre, length) => Math.min(Math.max(rounded(size / 2 - centre), 0), size - length);
  const top = corner(y / mass, box.height), left = corner(x / mass, box.width);
  return [framed(box, -top, -left, size, size).values, top, left];
}

// Interpolation as Pillow does it: each new pixel is a weighted mean over the filter's width, which
// grows with the factor by which a picture is shrunk. First along the rows, then along the columns.
const TRIANGLE = { support: 1, weight: (x) => Math.max(1 - Math.abs(x), 0) };
const CUBIC = {
  support: 2,
  weight(x) {
    x = Math.abs(x);
    if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
    return x < 2 ? -0.5 * (((x - 5) * x + 8) * x - 4) : 0;
  },
};

function resized({ height: H, width: W, values }, height, width, filter) {
  const wide = picture(H, width), result = picture(height, width);
  shares(W, width, filter).forEach(({ first, weights }, x) => {
    for (let y = 0; y < H; y++) {
      let sum = 0;
      for (let k = 0, at = y * W + first; k < weights.length; k++, at++) sum += values[at] * weights[k];
      wide.values[y * width + x] = sum;
    }
  });
  shares(H, height, filter).forEach(({ first, weights }, y) => {
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let k = 0, at = first * width + x; k < weights.length; k++, at += width) sum += wide.values[at] * weights[k];
      result.values[y * width + x] = sum;
    }
  });
  return result;
}

// Of each of `length` new pixels: the first of the `from` old ones that it is made of, and their weights.
function shares(from, length, { support, weight }) {
  const scale = from / length, wide = Math.max(scale, 1);
  return Array.from({ length }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const first = Math.max(Math.trunc(centre - support * wide + 0.5), 0);
    const last = Math.min(Math.trunc(centre + support * wide + 0.5), from);
    const weights = Float64Array.from({ length: last - first }, (_, k) => weight((k + first - centre + 0.5) / wide));
    const total = weights.reduce((a, b) => a + b);
    return { first, weights: weights.map((w) => w / total) };
  });
}
