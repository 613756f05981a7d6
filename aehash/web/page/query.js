/** The query: drop, paste or choose a picture, see it, crop it, take it away. */

import { crop } from "./crop.js";
import { announce, byId, h, plural, shorten } from "./dom.js";
import { blank, cropped, open, thumbnail } from "./pictures.js";
import { searchFor } from "./search.js";
import { book, on, state } from "./store.js";
import { bookPath, request } from "./api.js";
import { fail, notice } from "./notices.js";

const chooser = /** @type {HTMLInputElement} */ (byId("file"));

/** What is said of a model that cannot take images of the reader's own. */
const MODEL = {
  ready: "",
  loading: "The model is loading. Until it is ready, press any image here to search with it.",
  none: "This collection has no model beside it, so it cannot take images of your own. Press any image here to search with it.",
  failed: "The model could not be loaded, so images of your own cannot be searched.",
};

export function start() {
  chooser.addEventListener("change", () => {
    const file = chooser.files?.[0];
    if (file) take(file, file.name);
    chooser.value = "";
  });
  document.addEventListener("paste", paste);
  dropping();
  byId("crop-query").addEventListener("click", cropQuery);
  byId("clear-query").addEventListener("click", () => {
    searchFor(null);
    chooser.focus();
  });
  on("books", show);
  on("place", show);
  on("query", show);
}

/**
 * Take the reader's picture as the query.
 * @param {Blob} file
 * @param {string} name
 */
async function take(file, name) {
  const shown = book();
  if (!shown) return;
  if (shown.model.state !== "ready") return notice(MODEL[shown.model.state]);
  if (!file.size) return notice(`“${name}” is empty; choose a file that holds a picture.`);
  const most = state.limits.upload_bytes;
  if (most && file.size > most) return notice(tooLarge(name, file.size, most));
  announce(`Searching with ${name}.`);
  searchFor({ kind: "upload", upload: await open(file, name) });
}

/**
 * @param {string} name
 * @param {number} size
 * @param {number} most
 */
function tooLarge(name, size, most) {
  const mega = (/** @type {number} */ bytes) => (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);
  return `“${name}” has ${mega(size)} MB and the server takes ${mega(most)} MB at most; make it smaller, or crop it elsewhere.`;
}

/** @param {ClipboardEvent} event */
function paste(event) {
  const items = [...(event.clipboardData?.items || [])];
  const file = items.find((item) => item.kind === "file")?.getAsFile();
  if (!file || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  take(file, file.name || "pasted picture");
}

function dropping() {
  const veil = byId("drop-veil");
  let depth = 0;
  /** @param {DragEvent} event */
  const holds = (event) => [...(event.dataTransfer?.types || [])].includes("Files");
  window.addEventListener("dragenter", (event) => {
    if (!holds(event)) return;
    depth += 1;
    veil.hidden = false;
  });
  window.addEventListener("dragleave", (event) => {
    if (holds(event) && --depth <= 0) veil.hidden = true;
  });
  window.addEventListener("dragover", (event) => {
    if (holds(event)) event.preventDefault();
  });
  window.addEventListener("drop", (event) => {
    depth = 0;
    veil.hidden = true;
    if (!holds(event)) return;
    event.preventDefault();
    const file = event.dataTransfer?.files[0];
    if (file) take(file, file.name);
  });
}

async function cropQuery() {
  const { query, book: name } = state.place;
  let upload = query?.upload;
  try {
    if (!upload && query?.kind === "row") upload = await fetched(name, query);
    if (!upload) return;
    const chosen = await crop(upload);
    if (chosen === undefined) return;
    searchFor({ kind: "upload", upload: await cropped(upload, chosen) });
  } catch (error) {
    fail(error, cropQuery);
  }
}

/**
 * An image of the database as if it were the reader's own, so that it can be cropped.
 * @param {string} name
 * @param {import("./link.js").Query} query
 */
async function fetched(name, query) {
  const path = bookPath(name, `items/${query.row}/image`, { size: 1024 });
  const response = await request(path, { accept: "image/*" });
  if (response.headers.get("X-Aehash-Missing")) {
    notice("The file of this image is gone, so it cannot be cropped; choose another image.");
    return undefined;
  }
  return open(await response.blob(), query.key || `row ${query.row}`);
}

let drawn = "";

function show() {
  const { query, book: name } = state.place;
  const has = Boolean(query);
  byId("query").classList.toggle("has", has);
  byId("query-view").hidden = !has;
  showModel();
  if (!query) {
    drawn = "";
    return;
  }
  // A part is a new picture, which only a model can search with.
  const seen = query.upload ? query.upload.preview : query.kind === "row";
  byId("crop-query").hidden = !seen || book()?.model.state !== "ready";
  const key = query.key || state.answer?.query.key || "";
  const now = JSON.stringify([name, query.kind, query.row, query.upload?.id ?? query.code, key]);
  if (now === drawn) return;
  drawn = now;
  byId("query-picture").replaceChildren(queryPicture(320));
  const title =
    query.upload?.name || key || (query.kind === "row" ? `Row ${query.row}` : "Query of a link");
  byId("query-name").textContent = shorten(title, 44);
  byId("query-name").title = title;
  byId("query-facts").textContent = queryFacts(query);
}

/** @param {import("./link.js").Query} query */
function queryFacts(query) {
  const { upload } = query;
  if (query.kind === "row") return `In the codebook, row ${query.row}`;
  if (!upload) return "The picture itself is not in the link";
  if (!upload.width) return "This browser cannot draw this file";
  if (!upload.crop) return `${upload.width} × ${upload.height}`;
  const [, , wide, high] = upload.crop;
  return `Cropped: ${Math.round(wide * upload.width)} × ${Math.round(high * upload.height)} of ${upload.width} × ${upload.height}`;
}

/**
 * The query as a picture, wherever it comes from.
 * @param {number} size
 * @returns {HTMLElement}
 */
export function queryPicture(size) {
  const { query, book: name } = state.place;
  const upload = query?.upload;
  const address = upload && (upload.cropped || upload.preview);
  if (address) return h("img", { src: address, alt: `Query: ${upload.name}` });
  if (query?.kind === "row" && query.row !== undefined)
    return thumbnail(name, query.row, size, `Query: ${query.key || `row ${query.row}`}`);
  return blank("No picture to show");
}

function showModel() {
  const model = book()?.model;
  const note = byId("model-note");
  const state = model?.state || "none";
  byId("query").dataset.model = state;
  chooser.disabled = state !== "ready";
  const why = state === "failed" ? ` ${model?.message || ""}` : "";
  const said = MODEL[state] + why;
  if (note.textContent !== said) note.textContent = said;
  note.hidden = !said;
}

/** Said at the start, to those who do not see the page. */
export function welcome() {
  const shown = book();
  if (shown) announce(`${shown.name}: ${plural(shown.rows, "image")}.`);
}
