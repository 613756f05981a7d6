/** The crop dialog: cropper.js for the mouse and the finger, keys and numbers for the rest. */

import { byId } from "./dom.js";

/** @typedef {[number, number, number, number]} Crop left, top, width, height in fractions */

const dialog = /** @type {HTMLDialogElement} */ (byId("crop"));
const stage = byId("crop-stage");
const numbers = /** @type {HTMLInputElement[]} */ (
  ["left", "top", "width", "height"].map((name) => byId(`crop-${name}`))
);

/** @type {any} */
let cropper = null;

/**
 * Let the reader choose a part of a picture.
 * @param {import("./pictures.js").Upload} upload
 * @returns {Promise<Crop | null | undefined>} null: the whole picture; undefined: cancelled
 */
export async function crop(upload) {
  const { default: Cropper } = await import("./vendor/cropper.esm.js");
  const image = new Image();
  image.src = upload.preview || "";
  image.alt = "";
  await image.decode();
  stage.replaceChildren(image);
  dialog.returnValue = "";
  dialog.showModal();
  choose("free");
  await new Promise((resolve) => {
    image.addEventListener("ready", resolve, { once: true });
    cropper = new Cropper(image, {
      viewMode: 1,
      autoCropArea: 0.8,
      background: false,
      checkCrossOrigin: false,
      checkOrientation: false,
      movable: false,
      rotatable: false,
      scalable: false,
      zoomable: false,
      toggleDragModeOnDblclick: false,
      minCropBoxWidth: 8,
      minCropBoxHeight: 8,
    });
  });
  image.addEventListener("crop", tell);
  if (upload.crop) setFractions(upload.crop);
  tell();
  stage.focus();
  await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  const chosen = dialog.returnValue === "search" ? fractions() : undefined;
  cropper.destroy();
  cropper = null;
  stage.replaceChildren();
  if (!chosen) return undefined;
  return chosen[2] > 0.999 && chosen[3] > 0.999 ? null : chosen;
}

export function start() {
  byId("crop-ratios").addEventListener("change", (event) => {
    const { value } = /** @type {HTMLInputElement} */ (event.target);
    const [wide, high] = value.split(":").map(Number);
    cropper?.setAspectRatio(high ? wide / high : Number.NaN);
  });
  byId("crop-whole").addEventListener("click", () => {
    choose("free");
    cropper?.setAspectRatio(Number.NaN);
    setFractions([0, 0, 1, 1]);
  });
  stage.addEventListener("keydown", keys);
  for (const input of numbers) input.addEventListener("change", typed);
}

/** @param {string} ratio */
function choose(ratio) {
  for (const input of byId("crop-ratios").querySelectorAll("input"))
    input.checked = input.value === ratio;
}

/** @returns {Crop} */
function fractions() {
  const { width, height } = cropper.getImageData();
  const { left, top } = cropper.getCanvasData();
  const box = cropper.getCropBoxData();
  const keep = (/** @type {number} */ value) => Math.min(1, Math.max(0, value));
  const x = keep((box.left - left) / width);
  const y = keep((box.top - top) / height);
  return [x, y, Math.min(1 - x, box.width / width), Math.min(1 - y, box.height / height)];
}

/** @param {Crop} crop */
function setFractions([x, y, wide, high]) {
  const { width, height } = cropper.getImageData();
  const { left, top } = cropper.getCanvasData();
  // The size first: a box that is too large would not let itself be moved.
  cropper.setCropBoxData({ width: wide * width, height: high * height });
  cropper.setCropBoxData({ left: left + x * width, top: top + y * height });
}

/** Write the frame's place into the numbers, and the label of the frame. */
function tell() {
  if (!cropper) return;
  const now = fractions().map((value) => Math.round(value * 1000) / 10);
  numbers.forEach((input, at) => {
    if (document.activeElement !== input) input.value = String(now[at]);
  });
  const [left, top, width, height] = now.map(Math.round);
  byId("crop-said").textContent =
    `${width} % × ${height} % of the picture, ${left} % from the left, ${top} % from the top`;
}

/** @param {KeyboardEvent} event */
function keys(event) {
  const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[
    event.key
  ];
  if (!move || !cropper || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const step = event.altKey ? 1 : 10;
  const box = cropper.getCropBoxData();
  const [right, down] = move.map((direction) => direction * step);
  if (event.shiftKey) {
    const size = { width: box.width + right, height: box.height + down };
    // With a fixed ratio, one side leads the other.
    if (right) cropper.setCropBoxData({ width: size.width });
    else cropper.setCropBoxData({ height: size.height });
  } else cropper.setCropBoxData({ left: box.left + right, top: box.top + down });
  tell();
}

function typed() {
  const values = numbers.map((input) => input.valueAsNumber / 100);
  if (!values.every(Number.isFinite)) return tell();
  const [left, top, width, height] = values.map((value) => Math.min(1, Math.max(0, value)));
  setFractions([left, top, Math.max(0.01, width), Math.max(0.01, height)]);
  tell();
}
