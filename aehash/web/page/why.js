/** Why is this image here? Codes side by side, distances, and what the model keeps of both pictures. */

import { bookPath, getBytes } from "./api.js";
import { strips, unpack, differing } from "./bits.js";
import { byId, h, measure, plural, shorten } from "./dom.js";
import { chart, title as distancesTitle } from "./histogram.js";
import { pressMark } from "./marking.js";
import { current } from "./marks.js";
import { blank, cropText, thumbnail } from "./pictures.js";
import { queryPicture } from "./query.js";
import { searchFor } from "./search.js";
import { book, on, roundsShown, state } from "./store.js";
import { labelText } from "./tile.js";

/** @typedef {import("./store.js").Result} Result */

const dialog = /** @type {HTMLDialogElement} */ (byId("why"));

/** The row that is looked at. @type {number | null} */
let row = null;

export function start() {
  byId("why-previous").addEventListener("click", () => step(-1));
  byId("why-next").addEventListener("click", () => step(1));
  byId("why-search").addEventListener("click", () => {
    const item = found();
    dialog.close();
    if (item) searchFor({ kind: "row", row: item.row, key: item.key });
  });
  byId("why-yes").addEventListener("click", () => marked(true));
  byId("why-no").addEventListener("click", () => marked(false));
  dialog.addEventListener("keydown", keys);
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener("close", () => {
    const button =
      row === null ? null : document.querySelector(`#grid li[data-row="${row}"] .face`);
    /** @type {HTMLElement | null} */ (button)?.focus();
    row = null;
  });
  on("marks", showMarks);
  on("search", () => {
    if (dialog.open && !state.stale && !found()) dialog.close();
  });
}

/** @param {number} which */
export function openWhy(which) {
  row = which;
  draw();
  if (!dialog.open) dialog.showModal();
  byId("why-body").scrollTo({ top: 0 });
}

/** @returns {Result | undefined} */
function found() {
  return state.answer?.results.find((result) => result.row === row);
}

/** @param {number} by */
function step(by) {
  const all = state.answer?.results || [];
  const at = all.findIndex((result) => result.row === row);
  const next = all[at + by];
  if (next) openWhy(next.row);
}

/** @param {boolean} relevant */
function marked(relevant) {
  const item = found();
  if (item) pressMark(item, relevant);
}

/** @param {KeyboardEvent} event */
function keys(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const act = {
    ArrowLeft: () => step(-1),
    ArrowRight: () => step(1),
    "+": () => marked(true),
    "-": () => marked(false),
  }[event.key];
  if (!act) return;
  event.preventDefault();
  act();
}

function draw() {
  const item = found();
  const { answer } = state;
  if (!item || !answer) return;
  const all = answer.results;
  const at = all.indexOf(item);
  /** @type {HTMLButtonElement} */ (byId("why-previous")).disabled = at === 0;
  /** @type {HTMLButtonElement} */ (byId("why-next")).disabled = at === all.length - 1;
  byId("why-title").textContent = shorten(item.key, 60);
  byId("why-place").textContent = [`Result ${item.rank} of ${all.length}`, labelText(item.label)]
    .filter(Boolean)
    .join(" · ");
  byId("why-pictures").replaceChildren(
    figure("Query", queryPicture(320)),
    figure("This image", ownPicture(item)),
  );
  drawModel(item);
  drawDistance(item);
  showMarks();
}

/**
 * @param {string} name
 * @param {HTMLElement} picture
 */
function figure(name, picture) {
  return h("figure", {}, h("div", { class: "frame" }, picture), h("figcaption", {}, name));
}

/** @param {Result} item */
function ownPicture(item) {
  if (!book()?.images) return blank("No picture");
  return thumbnail(state.place.book, item.row, 320, item.key);
}

/** @param {Result} item */
function drawDistance(item) {
  const { answer } = state;
  if (!answer) return;
  const bits = book()?.bits || 0;
  const { code } = answer.query;
  const box = byId("why-codes");
  const [query, own] = [unpack(code, bits), unpack(item.code || "", bits)];
  const many = differing(query, own).length;
  const said = `${many} of ${plural(bits, "bit")} ${many === 1 ? "differs" : "differ"}`;
  box.replaceChildren(h("p", { class: "lead" }, said), strips(query, own));
  const { histogram } = answer;
  byId("why-distances").hidden = !histogram;
  if (!histogram) return;
  const [here, words] = standing(item, histogram.metric, many);
  byId("why-distances-title").textContent = distancesTitle(histogram);
  byId("why-distance").textContent = words;
  byId("why-chart").replaceChildren(chart(histogram, here));
}

/**
 * Where the image stands in the histogram, and in words.
 * @param {Result} item
 * @param {import("./store.js").Histogram["metric"]} metric
 * @param {number} differing bits
 * @returns {[number, string]}
 */
function standing(item, metric, differing) {
  if (metric === "hamming") return [differing, `${plural(differing, "bit")} from the query`];
  if (metric === "euclidean") return [item.distance, `${measure(item.distance)} from the query`];
  const score = item.score ?? 0;
  return [score, `Score ${measure(score)}; above 0 is the side of what was marked +`];
}

function showMarks() {
  if (row === null) return;
  const now = current(roundsShown(), state.place.pending, row);
  for (const id of ["why-yes", "why-no", "why-search"])
    byId(id).hidden = row === state.answer?.query.row;
  byId("why-yes").setAttribute("aria-pressed", String(now === true));
  byId("why-no").setAttribute("aria-pressed", String(now === false));
}

/** @type {{of: string, picture: Promise<string>} | null} */
let queryBack = null;

/** @param {Result} item */
function drawModel(item) {
  const model = book()?.model;
  const box = byId("why-model");
  const silent = !model || model.state === "none" || model.reconstructs === false;
  box.hidden = silent;
  if (silent) return;
  byId("why-backs").replaceChildren(
    figure("Query, from the model", arriving(queryReconstruction())),
    figure("This image, from the model", arriving(reconstruction(item.row))),
  );
}

/**
 * A picture that comes later, or the sentence why it does not.
 * @param {Promise<string>} address
 */
function arriving(address) {
  const frame = h("div", { class: "blank", "aria-busy": "true" }, h("span", {}, "Coming…"));
  address
    .then((source) => frame.replaceWith(h("img", { src: source, alt: "" })))
    .catch((error) => {
      frame.removeAttribute("aria-busy");
      frame.replaceChildren(h("span", {}, error.message || String(error)));
    });
  return frame;
}

/** @param {number} which */
async function reconstruction(which) {
  const bytes = await getBytes(
    bookPath(state.place.book, `items/${which}/reconstruction`, { size: 320 }),
  );
  return URL.createObjectURL(new Blob([bytes]));
}

/** The model's picture of the query, asked for once. */
function queryReconstruction() {
  const { query, book: name } = state.place;
  const of = JSON.stringify([name, query?.row, query?.upload?.id, query?.code]);
  if (queryBack?.of === of) return queryBack.picture;
  const picture = askQuery();
  queryBack = { of, picture };
  picture.catch(() => {
    queryBack = null;
  });
  return picture;
}

async function askQuery() {
  const { query, book: name } = state.place;
  if (query?.kind === "row" && query.row !== undefined) return reconstruction(query.row);
  const upload = query?.upload;
  if (!upload) throw new Error("The picture of this query is not here, only its code.");
  const form = new FormData();
  form.set("image", upload.file, upload.name);
  if (upload.crop) form.set("crop", cropText(upload.crop));
  const bytes = await getBytes(bookPath(name, "reconstruction"), { form });
  return URL.createObjectURL(new Blob([bytes]));
}
