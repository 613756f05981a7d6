/** Pictures: thumbnails of the database, and the reader's own file made ready to look at. */

import { bookPath, getBytes, token } from "./api.js";
import { h, icon } from "./dom.js";

/**
 * The reader's own picture.
 * @typedef {object} Upload
 * @property {number} id
 * @property {Blob} file as it came; this is what is sent
 * @property {string} name
 * @property {string | null} preview address of an upright copy, null where the browser cannot draw it
 * @property {number} width of the upright picture
 * @property {number} height
 * @property {[number, number, number, number] | null} crop left, top, width, height in fractions
 * @property {string | null} cropped address of the preview's part inside the crop
 */

const PREVIEW = 1400;

let uploads = 0;

/**
 * An image of the database. It is fetched by script where a token is needed.
 * @param {string} book
 * @param {number} row
 * @param {number} size
 * @param {string} alt
 * @param {string} [kind] "image" or "reconstruction"
 * @returns {HTMLImageElement}
 */
export function thumbnail(book, row, size, alt, kind = "image") {
  const image = h("img", { alt, decoding: "async", draggable: "false", width: size, height: size });
  const path = bookPath(book, `items/${row}/${kind}`, { size });
  const near = kind === "image" && size < 300;
  if (near) image.loading = "lazy";
  show(image, path);
  return image;
}

/**
 * @param {HTMLImageElement} image
 * @param {string} path below /api/v1/
 */
export function show(image, path) {
  let tries = 0;
  image.addEventListener("load", () => image.classList.remove("absent"));
  image.addEventListener("error", () => {
    image.classList.add("absent");
    // Too many at once, or a server that is just starting: two more attempts, then a grey tile.
    if (tries++ < 2 && !token()) setTimeout(() => (image.src = `api/v1/${path}`), 800 * tries);
    else image.replaceWith(blank("No picture came"));
  });
  if (token()) byScript(image, path);
  else image.src = `api/v1/${path}`;
}

/**
 * @param {HTMLImageElement} image
 * @param {string} path
 */
async function byScript(image, path) {
  try {
    const bytes = await getBytes(path);
    const address = URL.createObjectURL(new Blob([bytes]));
    image.addEventListener("load", () => URL.revokeObjectURL(address), { once: true });
    image.src = address;
  } catch {
    image.replaceWith(blank("No picture came"));
  }
}

/**
 * A grey tile in the place of a picture.
 * @param {string} text
 */
export function blank(text) {
  return h("span", { class: "blank" }, icon("image"), text && h("span", {}, text));
}

/**
 * Make the reader's file ready: upright, no larger than a screen, without its metadata.
 * @param {Blob} file
 * @param {string} name
 * @returns {Promise<Upload>}
 */
export async function open(file, name) {
  /** @type {Upload} */
  const upload = {
    id: ++uploads,
    file,
    name,
    preview: null,
    width: 0,
    height: 0,
    crop: null,
    cropped: null,
  };
  try {
    const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
    upload.width = bitmap.width;
    upload.height = bitmap.height;
    upload.preview = await draw(bitmap, [0, 0, bitmap.width, bitmap.height]);
    bitmap.close();
  } catch {
    // DICOM, TIFF, text named .jpg: the server will say whether it can read it.
  }
  return upload;
}

/**
 * The same upload, cropped.
 * @param {Upload} upload
 * @param {Upload["crop"]} crop
 * @returns {Promise<Upload>}
 */
export async function cropped(upload, crop) {
  const same = { ...upload, id: ++uploads };
  if (!upload.preview || !crop) return { ...same, crop: null, cropped: null };
  const image = new Image();
  image.src = upload.preview;
  await image.decode();
  const { naturalWidth: width, naturalHeight: height } = image;
  const [left, top, wide, high] = crop;
  const part = /** @type {const} */ ([left * width, top * height, wide * width, high * height]);
  return { ...same, crop, cropped: await draw(image, part) };
}

/**
 * @param {ImageBitmap | HTMLImageElement} source
 * @param {readonly [number, number, number, number]} part left, top, width, height
 * @returns {Promise<string>}
 */
async function draw(source, [left, top, wide, high]) {
  const scale = Math.min(1, PREVIEW / Math.max(wide, high));
  const canvas = h("canvas", {
    width: Math.max(1, Math.round(wide * scale)),
    height: Math.max(1, Math.round(high * scale)),
  });
  const context = canvas.getContext("2d");
  if (!context) throw new Error("no canvas");
  context.imageSmoothingQuality = "high";
  context.drawImage(source, left, top, wide, high, 0, 0, canvas.width, canvas.height);
  /** @type {Blob | null} */
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  if (!blob) throw new Error("no picture");
  return URL.createObjectURL(blob);
}

/**
 * A crop as the server takes it.
 * @param {[number, number, number, number]} crop
 */
export function cropText(crop) {
  return crop.map((value) => Number(value.toFixed(6))).join(",");
}
