// The second tab: a picture from a file, dropped or chosen, made like those of CIFAR-10. Its middle
// square is shrunk to 32 × 32 by the mean of blocks, as 06_cifar10/10_classify_pictures.py does.
"use strict";

const MAX_PIXELS = 50_000_000, LEAST_SIDE = 8;

function showPicture(values) {
  state.pixels = values;
  paint($("picture"), values, 32, 3);
  $("drop").hidden = true;
  problem("");
  changed(performance.now());
}

// Raises a sentence for what cannot be read.
async function pictureOf(file) {
  const address = URL.createObjectURL(file), image = new Image();
  try {
    image.src = address;
    await new Promise((done, failed) => { image.onload = done; image.onerror = failed; });
    const { naturalWidth: width, naturalHeight: height } = image;
    if (!width || !height) throw new Error("no size");
    if (width * height > MAX_PIXELS) throw `${file.name} has ${width} × ${height} pixels: shrink it to at most 50 million.`;
    if (Math.min(width, height) < LEAST_SIDE) throw `${file.name} has ${width} × ${height} pixels: its shorter side must have at least ${LEAST_SIDE}.`;
    const side = Math.min(width, height), square = make("canvas", { width: 192, height: 192 });
    const context = square.getContext("2d", { willReadFrequently: true });
    context.imageSmoothingQuality = "high";
    context.fillStyle = "#fff";  // what is transparent becomes white
    context.fillRect(0, 0, 192, 192);
    context.drawImage(image, (width - side) / 2, (height - side) / 2, side, side, 0, 0, 192, 192);
    const { data: bytes } = context.getImageData(0, 0, 192, 192), values = new Float32Array(32 * 32 * 3);
    for (let y = 0; y < 192; y++)
      for (let x = 0; x < 192; x++)
        for (let c = 0; c < 3; c++) values[3 * (32 * Math.floor(y / 6) + Math.floor(x / 6)) + c] += bytes[4 * (192 * y + x) + c] / 255 / 36;
    return values;
  } catch (error) {
    if (typeof error === "string") throw error;
    throw `${file.name} is not a picture that can be read: save it as PNG or JPEG.`;
  } finally {
    URL.revokeObjectURL(address);
  }
}

async function takePicture(file) {
  if (!file) return;
  try {
    showPicture(await pictureOf(file));
  } catch (sentence) {
    problem(String(sentence));
  }
}

$("file").onchange = () => { takePicture($("file").files[0]); $("file").value = ""; };
addEventListener("dragover", (event) => {
  event.preventDefault();
  if (!$("pictures").hidden) $("picture").parentElement.classList.add("dropping");
});
addEventListener("dragleave", () => $("picture").parentElement.classList.remove("dropping"));
addEventListener("drop", (event) => {
  event.preventDefault();
  $("picture").parentElement.classList.remove("dropping");
  if (!event.dataTransfer.files.length) return;
  if ($("pictures").hidden) openTab("pictures");
  takePicture(event.dataTransfer.files[0]);
});
