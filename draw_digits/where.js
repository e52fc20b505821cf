// Where a network looked: Grad-CAM, gradient times input, and occlusion. Each gives { values, shape },
// a small picture over the whole input, for one class.
"use strict";

// Grad-CAM (Selvaraju et al., 2017, https://arxiv.org/abs/1610.02391): the maps of the last
// convolution, each weighted by the mean of the gradient on it, added up, and what is below zero
// left out. Taken is the last convolution with maps of at least 7 × 7, after its activation.
function gradCam(network, x, outputs, chosen) {
  let index = network.layers.findLastIndex(({ kind, output }) => kind === "Conv2D" && Math.min(output[0], output[1]) >= 7);
  if (index < 0) return null;
  const follows = ({ kind }) => ["Scaling", "Activation", "Unchanged"].includes(kind);
  while (follows(network.layers[index + 1] ?? {})) index++;
  const [H, W, C] = network.layers[index].output, maps = outputs[index];
  const gradient = network.gradient(x, outputs, chosen, index), mean = new Float64Array(C);
  gradient.forEach((value, i) => { mean[i % C] += value / (H * W); });
  const values = new Float32Array(H * W);
  maps.forEach((value, i) => { values[(i - i % C) / C] += mean[i % C] * value; });
  each(values, (value) => Math.max(value, 0));
  return { values, shape: [H, W], layer: network.layers[index].name };
}

// Without a convolution: how much each pixel adds to the score, its gradient times its value.
function gradientTimesInput(network, x, outputs, chosen) {
  const [H, W, C] = network.input, values = new Float32Array(H * W);
  network.gradient(x, outputs, chosen, -1).forEach((value, i) => { values[(i - i % C) / C] += value * x[i]; });
  return { values, shape: [H, W] };
}

// Occlusion (Zeiler & Fergus, 2014, https://arxiv.org/abs/1311.2901): by how much the probability of
// a class falls when a patch of the picture is covered. It yields after each patch, to be stopped.
function* occlusion(network, x, chosen, cover, patch = 4, step = 2) {
  const [H, W, C] = network.input, whole = network.forward(x).at(-1)[chosen];
  const rows = Math.ceil((H - patch) / step) + 1, columns = Math.ceil((W - patch) / step) + 1;
  const values = new Float32Array(rows * columns);
  for (let i = 0; i < values.length; i++) {
    const covered = x.slice(), row = Math.min(Math.floor(i / columns) * step, H - patch);
    const column = Math.min(i % columns * step, W - patch);
    for (let y = row; y < row + patch; y++) covered.fill(cover, C * (y * W + column), C * (y * W + column + patch));
    // A patch of paper covers nothing: the probability is the same.
    const same = covered.every((value, at) => value === x[at]);
    values[i] = same ? 0 : whole - network.forward(covered).at(-1)[chosen];
    yield (i + 1) / values.length;
  }
  return { values, shape: [rows, columns], patch, step };
}
