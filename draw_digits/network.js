// A trained network in the browser: the forward pass layer by layer, every layer's output kept, and
// the gradients. It follows chapter 01: a convolution is one matrix product, and the
// names of sizes are H × W pixels, C channels, F filters, kh × kw kernel, s stride.
//
// An output is a Float32Array with its numbers as in Keras: row by row, in it pixel by pixel, in it
// channel by channel. `shape` is [H, W, C], or [N] for a vector.
"use strict";

const size = (shape) => shape.reduce((product, length) => product * length, 1);

// ------------------------------------------------------------------------- the matrix product
// Z = X · W + b. The matrices W stay in the memory of the kernel, in panels of eight columns. The first
// kernel that the browser knows is taken. Without WebAssembly or its SIMD the same product is taken in
// JavaScript, about ten times as slowly.
class Products {
  constructor(kernels) {
    this.used = 0;
    this.kernel = null;
    this.floats = new Float32Array(1 << 20);
    for (const wasm of kernels) {
      try {
        const memory = new WebAssembly.Memory({ initial: 64 });
        const instance = new WebAssembly.Instance(new WebAssembly.Module(wasm), { page: { memory } });
        Object.assign(this, { memory, kernel: instance.exports.multiply, floats: new Float32Array(memory.buffer) });
        break;
      } catch { /* the next one */ }
    }
    this.scratchSize = 600_000;  // floats: the rows copied at a time stay in the processor's cache
    this.scratch = this.allocate(this.scratchSize);
  }

  allocate(count) {
    const at = this.used;
    this.used += 4 * Math.ceil(count / 4);
    if (this.used <= this.floats.length) return at;
    if (this.kernel) {
      this.memory.grow(Math.ceil(4 * (this.used - this.floats.length) / 65536));
      this.floats = new Float32Array(this.memory.buffer);
    } else {
      const grown = new Float32Array(Math.max(this.used, 2 * this.floats.length));
      grown.set(this.floats);
      this.floats = grown;
    }
    return at;
  }

  // Keep a matrix of depth × columns, whose numbers value(row, column) gives.
  keep(depth, columns, value) {
    const width = 8 * Math.ceil(columns / 8), at = this.allocate(depth * width), { floats } = this;
    for (let panel = 0, i = at; panel < width; panel += 8)
      for (let row = 0; row < depth; row++)
        for (let column = panel; column < panel + 8; column++) floats[i++] = column < columns ? value(row, column) : 0;
    return { at, depth, columns, width };
  }

  entry({ at, depth }, row, column) {
    return this.floats[at + 8 * ((column >> 3) * depth + row) + (column & 7)];
  }

  // `count` rows: copyRow(i, at) writes row i of X into `floats` at `at`; the result is Z.
  multiply(matrix, count, copyRow, bias) {
    const { depth, columns, width } = matrix, result = new Float32Array(count * columns);
    if (4 * (depth + width) > this.scratchSize) {
      this.scratchSize = 4 * (depth + width);
      this.scratch = this.allocate(this.scratchSize);
    }
    const strip = 4 * Math.floor(this.scratchSize / (depth + width) / 4);
    for (let first = 0; first < count; first += strip) {
      const rows = Math.min(strip, count - first), padded = 4 * Math.ceil(rows / 4);
      const x = this.scratch, z = x + padded * depth, { floats } = this;
      for (let row = 0; row < rows; row++) copyRow(first + row, x + row * depth);
      // The bias in the first row of Z, and then in twice as many each time.
      floats.fill(0, z, z + width);
      if (bias) floats.set(bias, z);
      for (let done = width; done < padded * width; done *= 2) floats.copyWithin(z + done, z, z + Math.min(done, padded * width - done));
      // Long sums in pieces: it keeps W in the cache, and rounding errors small.
      for (let from = 0; from < depth; from += 512) {
        const to = Math.min(depth, from + 512);
        if (this.kernel) this.kernel(4 * x, 4 * matrix.at, 4 * z, padded, depth, width, from, to);
        else this.inJavaScript(x, matrix.at, z, rows, depth, width, from, to);
      }
      if (width === columns) result.set(floats.subarray(z, z + rows * width), first * width);
      else for (let row = 0, at = first * columns; row < rows; row++)
        for (let column = 0; column < columns; column++) result[at++] = floats[z + row * width + column];
    }
    return result;
  }

  inJavaScript(x, w, z, rows, depth, width, from, to) {
    const { floats } = this;
    for (let panel = 0; panel < width; panel += 8, w += 8 * depth)
      for (let row = 0; row < rows; row++)
        for (let column = 0; column < 8; column++) {
          let sum = 0;
          for (let k = from; k < to; k++) sum += floats[x + row * depth + k] * floats[w + 8 * k + column];
          floats[z + row * width + panel + column] += sum;
        }
  }
}

// ------------------------------------------------------------------------- activations
// y = f(z), in place; and ∂L/∂z from y and ∂L/∂y. Softmax is taken over the channels. Gelu alone needs
// z for its gradient, so that it is a layer of its own.
const ACTIVATIONS = {
  linear: { forward() {}, backward: (y, dy) => dy },
  relu: { forward(z) { for (let i = 0; i < z.length; i++) if (z[i] < 0) z[i] = 0; }, backward: (y, dy) => dy.map((d, i) => y[i] > 0 ? d : 0) },
  sigmoid: { forward(z) { for (let i = 0; i < z.length; i++) z[i] = 1 / (1 + Math.exp(-z[i])); }, backward: (y, dy) => dy.map((d, i) => d * y[i] * (1 - y[i])) },
  tanh: { forward: (z) => each(z, Math.tanh), backward: (y, dy) => dy.map((d, i) => d * (1 - y[i] ** 2)) },
  gelu: {
    forward: (z) => each(z, (v) => v * normal(v)),
    backward: (y, dy, channels, z) => dy.map((d, i) => d * (normal(z[i]) + z[i] * Math.exp(-z[i] * z[i] / 2) / Math.sqrt(2 * Math.PI))),
  },
  softmax: {
    forward(z, channels) {
      for (let at = 0; at < z.length; at += channels) {
        const row = z.subarray(at, at + channels), most = Math.max(...row);
        each(row, (v) => Math.exp(v - most));
        const sum = row.reduce((a, b) => a + b);
        each(row, (v) => v / sum);
      }
    },
    backward: (y, dy, channels) => dy.map((d, i) => {
      const at = i - i % channels;
      let mean = 0;
      for (let k = at; k < at + channels; k++) mean += dy[k] * y[k];
      return y[i] * (d - mean);
    }),
  },
};

// The share of a normal distribution below v, to 1e-7 (Abramowitz & Stegun, 1964, 7.1.26).
function normal(v) {
  const t = 1 / (1 + 0.3275911 * Math.abs(v) / Math.SQRT2);
  const tail = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t * Math.exp(-v * v / 2) / 2;
  return v > 0 ? 1 - tail : tail;
}

function each(values, change) {
  for (let i = 0; i < values.length; i++) values[i] = change(values[i]);
}

// ------------------------------------------------------------------------- windows
// Zeros before an axis, and the output size, as Keras defines them (`padding_sizes` of chapter 01).
function paddingSizes(length, kernel, stride, padding) {
  const total = padding === "same" ? Math.max((Math.ceil(length / stride) - 1) * stride + kernel - length, 0) : 0;
  return { before: Math.floor(total / 2), total, out: Math.floor((length + total - kernel) / stride) + 1 };
}

function windows(layer, [H, W, C], [kh, kw]) {
  const { before: top, total: rows, out: outH } = paddingSizes(H, kh, layer.strides[0], layer.padding);
  const { before: left, total: columns, out: outW } = paddingSizes(W, kw, layer.strides[1], layer.padding);
  Object.assign(layer, { kh, kw, top, left, padded: [H + rows, W + columns, C] });
  return [outH, outW];
}

// The numbers x of shape [H, W, C] in a larger shape of zeros, from (top, left), `stride` apart.
function spread(x, [H, W, C], shape, top, left, [down, right] = [1, 1]) {
  if (size(shape) === x.length) return x;
  const result = new Float32Array(size(shape));
  for (let row = 0; row < H; row++)
    for (let column = 0; column < W; column++) {
      const from = C * (row * W + column);
      result.set(x.subarray(from, from + C), C * ((top + row * down) * shape[1] + left + column * right));
    }
  return result;
}

// A row of the matrix for each place of the kernel: the window that the kernel sees there.
function convolve(products, matrix, x, [, W, C], [outH, outW], [kh, kw], [down, right], bias) {
  const run = kw * C;
  return products.multiply(matrix, outH * outW, (place, at) => {
    const { floats } = products, column = place % outW, row = (place - column) / outW;
    for (let i = 0; i < kh; i++) {
      const from = C * ((row * down + i) * W + column * right);
      if (run > 64) floats.set(x.subarray(from, from + run), at);
      else for (let k = 0; k < run; k++) floats[at + k] = x[from + k];
      at += run;
    }
  }, bias);
}

// ------------------------------------------------------------------------- layers
// Of each kind: `build` gives the shape of the output, `forward` the output y of the input x, and
// `backward` ∂L/∂x from ∂L/∂y (from ∂L/∂z, where the layer has an activation).
const KINDS = {
  Conv2D: {
    build(layer, shape, products, { kernel }) {
      const F = layer.filters, depth = size(layer.kernel_size) * shape[2];
      layer.matrix = products.keep(depth, F, (row, column) => kernel[row * F + column]);
      return [...windows(layer, shape, layer.kernel_size), F];
    },
    forward(layer, x, products) {
      const padded = spread(x, layer.input, layer.padded, layer.top, layer.left);
      return convolve(products, layer.matrix, padded, layer.padded, layer.output, layer.kernel_size, layer.strides, layer.bias);
    },
    // The gradient of a convolution is a convolution with the turned kernel.
    backward(layer, dz, x, y, products) {
      const { kh, kw, top, left, input: [H, W, C], filters: F } = layer;
      layer.turned ??= products.keep(kh * kw * F, C, (row, channel) => {
        const place = kh * kw - 1 - Math.floor(row / F);
        return products.entry(layer.matrix, place * C + channel, row % F);
      });
      const shape = [H + kh - 1, W + kw - 1, F];
      const padded = spread(dz, layer.output, shape, kh - 1 - top, kw - 1 - left, layer.strides);
      return convolve(products, layer.turned, padded, shape, [H, W], [kh, kw], [1, 1]);
    },
  },
  Dense: {
    build(layer, [N], products, { kernel }) {
      layer.matrix = products.keep(N, layer.units, (row, column) => kernel[row * layer.units + column]);
      return [layer.units];
    },
    forward: (layer, x, products) => products.multiply(layer.matrix, 1, (_, at) => products.floats.set(x, at), layer.bias),
    backward(layer, dz, x, y, products) {
      return x.map((_, row) => {
        let sum = 0;
        for (let column = 0; column < dz.length; column++) sum += dz[column] && dz[column] * products.entry(layer.matrix, row, column);
        return sum;
      });
    },
  },
  Pooling: {
    build(layer, shape) {
      if (layer.whole) Object.assign(layer, { pool_size: shape.slice(0, 2), strides: [1, 1], padding: "valid" });
      const [outH, outW] = windows(layer, shape, layer.pool_size);
      layer.windows = Array.from({ length: outH * outW }, (_, place) => pixels(layer, place, outW));
      return layer.whole ? [shape[2]] : [outH, outW, shape[2]];
    },
    forward(layer, x) {
      const C = layer.input[2], y = new Float32Array(size(layer.output)), max = layer.of === "max";
      for (let i = 0; i < y.length; i += C) {
        const window = layer.windows[i / C];
        for (let c = 0; c < C; c++) {
          let value = x[window[0] + c];
          for (let k = 1; k < window.length; k++) {
            const other = x[window[k] + c];
            value = max ? (other > value ? other : value) : value + other;
          }
          y[i + c] = max ? value : value / window.length;
        }
      }
      return y;
    },
    // The maximum takes the whole gradient; of a mean every number takes an equal share.
    backward(layer, dy, x, y) {
      const C = layer.input[2], dx = new Float32Array(x.length);
      for (let i = 0; i < dy.length; i++) {
        if (!dy[i]) continue;
        const c = i % C, window = layer.windows[(i - c) / C];
        if (layer.of === "max") dx[window.find((at) => x[at + c] === y[i]) + c] += dy[i];
        else for (const at of window) dx[at + c] += dy[i] / window.length;
      }
      return dx;
    },
  },
  // A border of zeros around the picture.
  Padding: {
    build(layer, [H, W, C]) {
      const [[top, bottom], [left, right]] = layer.padding;
      Object.assign(layer, { top, left, kh: 1, kw: 1, strides: [1, 1] });
      return [H + top + bottom, W + left + right, C];
    },
    forward: (layer, x) => spread(x, layer.input, layer.output, layer.top, layer.left),
    backward({ top, left, input: [H, W, C], output }, dy) {
      const dx = new Float32Array(H * W * C), row = (y) => C * ((top + y) * output[1] + left);
      for (let y = 0; y < H; y++) dx.set(dy.subarray(row(y), row(y) + W * C), y * W * C);
      return dx;
    },
  },
  // y = scale · x + offset, for each channel: batch normalisation after training, and rescaling.
  Scaling: {
    build(layer, shape, products, weights) {
      const C = shape.at(-1), of = (values, other) => Float64Array.from({ length: C }, (_, c) => values?.[c % values.length] ?? other);
      const mean = of(weights.moving_mean ?? layer.mean, 0), variance = of(weights.moving_variance ?? layer.variance, 1);
      const gamma = of(weights.gamma ?? layer.scale, 1), beta = of(weights.beta ?? layer.offset, 0);
      layer.scale = gamma.map((g, c) => g / Math.max(Math.sqrt(variance[c] + layer.epsilon), 1e-7));
      layer.offset = beta.map((b, c) => b - mean[c] * layer.scale[c]);
      return shape;
    },
    forward({ scale, offset }, x) {
      const y = new Float32Array(x.length), C = scale.length;
      for (let i = 0; i < y.length; i += C)
        for (let c = 0; c < C; c++) y[i + c] = scale[c] * x[i + c] + offset[c];
      return y;
    },
    backward: ({ scale }, dy) => dy.map((d, i) => d * scale[i % scale.length]),
  },
  Activation: { build: (layer, shape) => shape, forward: (layer, x) => x.slice(), backward: (layer, dz) => dz },
  Flatten: { build: (layer, shape) => [size(shape)], forward: (layer, x) => x, backward: (layer, dy) => dy },
  Unchanged: { build: (layer, shape) => shape, forward: (layer, x) => x, backward: (layer, dy) => dy },
};

// Where in x the pixels begin that a place of the pooled picture is made of; none outside of it.
function pixels({ input: [H, W, C], strides: [down, right], top, left, kh, kw }, place, columns) {
  const result = [];
  const row = Math.floor(place / columns) * down - top, column = place % columns * right - left;
  for (let y = Math.max(row, 0); y < Math.min(row + kh, H); y++)
    for (let x = Math.max(column, 0); x < Math.min(column + kw, W); x++) result.push(C * (y * W + x));
  return result;
}

// ------------------------------------------------------------------------- the network
class Network {
  // model: as export_models.py writes it; weights: for each layer its arrays by name (`unpacked`).
  constructor(model, weights, kernels) {
    this.products = new Products(kernels);
    this.input = model.input;
    let shape = model.input;
    this.layers = model.layers.map((settings, i) => {
      const layer = { activation: "linear", ...settings, input: shape, bias: weights[i].bias };
      layer.output = shape = KINDS[layer.kind].build(layer, shape, this.products, weights[i]);
      return layer;
    });
  }

  // The outputs of all layers, in order, for numbers of the input's shape in [0, 1].
  forward(x) {
    return this.layers.map((layer) => {
      x = KINDS[layer.kind].forward(layer, x, this.products);
      ACTIVATIONS[layer.activation].forward(x, layer.output.at(-1));
      return x;
    });
  }

  // ∂s/∂y of layer `to` (of the input: -1), where s is the score of a class before the last softmax.
  gradient(x, outputs, chosen, to) {
    let last = this.layers.length - 1, before = true;  // before: the last activation is left out
    while (["Unchanged", "Flatten"].includes(this.layers[last].kind)) last--;
    let dy = outputs[last].map((_, i) => Number(i === chosen));
    for (let i = last; i > to; i--) {
      const layer = this.layers[i], y = outputs[i], previous = i ? outputs[i - 1] : x;
      if (!before) dy = ACTIVATIONS[layer.activation].backward(y, dy, layer.output.at(-1), previous);
      before = false;
      dy = KINDS[layer.kind].backward(layer, dy, previous, y, this.products);
    }
    return dy;
  }

  // The window of the input that a pixel of a layer depends on: [top, left, bottom, right], whole.
  field(index, row, column) {
    let [top, left, bottom, right] = [row, column, row, column];
    for (let i = index; i >= 0; i--) {
      const layer = this.layers[i], [H, W] = layer.input;
      if (layer.input.length < 3 || layer.kind === "Flatten" || layer.whole) return [0, 0, this.input[0] - 1, this.input[1] - 1];
      if (!layer.kh) continue;
      top = Math.max(top * layer.strides[0] - layer.top, 0);
      left = Math.max(left * layer.strides[1] - layer.left, 0);
      bottom = Math.min(bottom * layer.strides[0] - layer.top + layer.kh - 1, H - 1);
      right = Math.min(right * layer.strides[1] - layer.left + layer.kw - 1, W - 1);
    }
    return [top, left, bottom, right];
  }
}

// ------------------------------------------------------------------------- the model's numbers
// A half-precision number for each of its 65536 bit patterns.
const HALF = Float32Array.from({ length: 65536 }, (_, bits) => {
  const sign = bits & 0x8000 ? -1 : 1, exponent = bits >> 10 & 31, fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * fraction / 1024);
});

// The weights of each layer by name, from base64 of gzipped bytes: whole numbers, each times a step, then
// the low bytes of those in half precision, then their high ones.
async function unpacked(model) {
  const text = atob(model.numbers), zipped = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) zipped[i] = text.charCodeAt(i);
  const stream = new Blob([zipped]).stream().pipeThrough(new DecompressionStream("gzip"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const places = model.layers.flatMap(({ weights }) => Object.values(weights));
  const low = places.reduce((sum, { step, count }) => sum + (step ? count : 0), 0), high = (bytes.length + low) / 2;
  const wholes = new Int8Array(bytes.buffer, 0, low), halves = new Float32Array(high - low);
  for (let i = 0; i < halves.length; i++) halves[i] = HALF[bytes[high + i] << 8 | bytes[low + i]];
  const numbers = ({ at, count, step }) => step
    ? new Float32Array(wholes.subarray(at, at + count)).map((whole) => whole * step)
    : halves.subarray(at, at + count);
  return model.layers.map(({ weights }) => Object.fromEntries(
    Object.entries(weights).map(([name, place]) => [name, numbers(place)])));
}
