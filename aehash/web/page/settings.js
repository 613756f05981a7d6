/** Codebook, comparison, how many, class: the choices beside the query. */

import { byId, count, h, plural } from "./dom.js";
import { notice } from "./notices.js";
import { go, setOptions } from "./search.js";
import { book, on, state } from "./store.js";

/** @type {Record<string, [string, string]>} */
const METRICS = {
  hamming: ["Codes", "Hamming distance: how many bits differ"],
  euclidean: ["Features", "Euclidean distance between the features before they became bits"],
  reranked: ["Codes, then features", "The nearest by bits, put in order by their features"],
};

/** A radius counts bits. */
const RADIUS = ["hamming", "reranked"];

const bookChoice = /** @type {HTMLSelectElement} */ (byId("codebook"));
const metricBox = byId("metrics");
const number = /** @type {HTMLInputElement} */ (byId("many"));
const labelChoice = /** @type {HTMLSelectElement} */ (byId("label"));

export function start() {
  bookChoice.addEventListener("change", () => changeBook(bookChoice.value));
  metricBox.addEventListener("change", (event) => {
    const input = /** @type {HTMLInputElement} */ (event.target);
    setOptions(
      RADIUS.includes(input.value) ? { metric: input.value } : { metric: input.value, by: "k" },
    );
  });
  byId("by").addEventListener("change", (event) => {
    const by = /** @type {HTMLInputElement} */ (event.target).value;
    if (by === "radius") setOptions({ by, radius: startRadius() });
    else setOptions({ by: "k" });
  });
  number.addEventListener("change", commitNumber);
  labelChoice.addEventListener("change", () => setOptions({ label: labelChoice.value }));
  on("books", show);
  on("place", show);
}

/**
 * Another codebook: a file of the reader's is hashed again, an image of the old one is let go.
 * @param {string} name
 */
function changeBook(name) {
  const { query, options } = state.place;
  const upload = query?.upload;
  const kept = upload && { kind: /** @type {const} */ ("upload"), upload };
  const metrics = state.books.find((one) => one.name === name)?.metrics || [];
  const metric = metrics.includes(options.metric) ? options.metric : metrics[0] || "";
  const by = /** @type {const} */ ("k");
  go({
    book: name,
    query: kept || null,
    options: { ...options, metric, by, label: "" },
    rounds: [],
    at: 0,
    pending: [],
  });
}

/** A radius that shows about what is shown now. */
function startRadius() {
  const histogram = state.answer?.histogram;
  if (histogram?.metric === "hamming" && histogram.cut !== null) return histogram.cut;
  return Math.round((book()?.bits || 64) / 8);
}

/** How many results the server gives at most. */
function largest() {
  return state.limits.k || 1000;
}

function commitNumber() {
  const { options } = state.place;
  const value = number.valueAsNumber;
  const [least, most] = options.by === "k" ? [1, largest()] : [0, book()?.bits || 0];
  if (!Number.isInteger(value) || value < least || value > most) {
    const typed = number.value ? `“${number.value}”` : "what was typed";
    const name = byId("many-label").textContent;
    notice(`“${name}” takes a whole number from ${least} to ${most}; ${typed} is not one.`);
    number.setAttribute("aria-invalid", "true");
    return;
  }
  number.removeAttribute("aria-invalid");
  setOptions(options.by === "k" ? { k: value } : { radius: value });
}

function show() {
  const { options } = state.place;
  const shown = book();
  showBooks();
  showMetrics(shown?.metrics || [], options.metric);
  for (const input of byId("by").querySelectorAll("input")) {
    input.checked = input.value === options.by;
    if (input.value === "radius") input.disabled = !RADIUS.includes(options.metric);
  }
  const radius = options.by === "radius";
  number.value = String(radius ? options.radius : options.k);
  number.min = radius ? "0" : "1";
  number.max = String(radius ? shown?.bits : largest());
  number.removeAttribute("aria-invalid");
  byId("many-label").textContent = radius ? "Largest distance" : "Number of results";
  byId("many-unit").textContent = radius ? `bits, of ${shown?.bits}` : "images";
  showLabels(shown);
  byId("book-facts").textContent = shown ? facts(shown) : "";
  byId("book-note").textContent = shown?.note || "";
  byId("book-note").hidden = !shown?.note;
}

/** @param {import("./store.js").Book} shown */
function facts(shown) {
  const parts = [plural(shown.rows, "image"), `${count(shown.bits)} bits`];
  if (shown.dimensions) parts.push(`${count(shown.dimensions)} features`);
  return parts.join(" · ");
}

function showBooks() {
  const names = state.books.map((one) => one.name);
  if ([...bookChoice.options].map((one) => one.value).join("\n") !== names.join("\n"))
    bookChoice.replaceChildren(...names.map((name) => h("option", { value: name }, name)));
  bookChoice.value = state.place.book;
  byId("book-field").hidden = names.length < 2;
  byId("book-name").hidden = names.length > 1;
  byId("book-name").textContent = state.place.book;
}

/**
 * @param {string[]} metrics
 * @param {string} chosen
 */
function showMetrics(metrics, chosen) {
  if (metricBox.dataset.of !== metrics.join()) {
    metricBox.dataset.of = metrics.join();
    metricBox.replaceChildren(
      ...metrics.map((name) => {
        const [label, title] = METRICS[name] || [name, ""];
        const input = h("input", { type: "radio", name: "metric", value: name });
        return h("label", { title }, input, h("span", {}, label));
      }),
    );
  }
  for (const input of metricBox.querySelectorAll("input")) input.checked = input.value === chosen;
  byId("metric-note").textContent = METRICS[chosen]?.[1] || "";
}

/** @param {import("./store.js").Book | null} shown */
function showLabels(shown) {
  const classes = shown?.classes || [];
  byId("label-field").hidden = !classes.length;
  fillClasses(labelChoice, shown);
  labelChoice.value = state.place.options.label;
  if (labelChoice.selectedIndex < 0) labelChoice.value = "";
}

/**
 * Fill a choice of classes, once for each codebook.
 * @param {HTMLSelectElement} choice
 * @param {import("./store.js").Book | null} shown
 */
export function fillClasses(choice, shown) {
  if (choice.dataset.of === shown?.name) return;
  choice.dataset.of = shown?.name || "";
  const all = h("option", { value: "" }, "All classes");
  const each = (shown?.classes || []).map(({ name, count: many }) =>
    h("option", { value: name }, `${name} (${count(many)})`),
  );
  choice.replaceChildren(all, ...each);
}
