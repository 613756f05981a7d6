/** The grid of results: it fills as they come, takes marks, and is walked with the arrow keys. */

import { byId, count, h, icon, measure, plural } from "./dom.js";
import { pressMark } from "./marking.js";
import { current } from "./marks.js";
import { fail } from "./notices.js";
import { beyond, further, searchAgain } from "./search.js";
import { book, on, roundsShown, state } from "./store.js";
import { distanceText, tile } from "./tile.js";
import { openWhy } from "./why.js";

/** @typedef {import("./store.js").Result} Result */

const grid = byId("grid");
const PAGE = 200;
let limit = PAGE;

export function start() {
  on("search", redraw);
  on("results", append);
  on("query", progress);
  on("ended", () => {
    progress();
    head();
    more();
  });
  on("marks", showMarks);
  grid.addEventListener("keydown", keys);
  grid.addEventListener("focusin", (event) =>
    rove(/** @type {Element} */ (event.target).closest("li")),
  );
  byId("more").addEventListener("click", showMore);
  const size = /** @type {HTMLInputElement} */ (byId("size"));
  size.addEventListener("input", () => grid.style.setProperty("--tile", `${size.value}px`));
}

/** A search began, ended or was taken back: everything anew. */
function redraw() {
  const { answer } = state;
  progress();
  grid.classList.toggle("stale", state.stale);
  head();
  if (state.stale) return;
  limit = PAGE;
  grid.replaceChildren();
  if (answer) append(answer.results);
  more();
}

/** @param {Result[]} results */
function append(results) {
  const shown = grid.children.length;
  const add = results.slice(0, Math.max(0, limit - shown)).map(resultTile);
  grid.append(...add);
  if (!shown) rove(grid.firstElementChild);
  head();
}

/** @param {Result} item */
function resultTile(item) {
  const { place, answer } = state;
  const shown = /** @type {import("./store.js").Book} */ (book());
  const own = item.row === answer?.query.row;
  const plus = markButton(item, true);
  const minus = markButton(item, false);
  const made = tile({
    book: place.book,
    item,
    says: `Result ${item.rank}`,
    press: () => openWhy(item.row),
    value: distanceText(item.distance, place.options.metric),
    marks: own ? null : h("div", { class: "marks" }, minus, plus),
    images: shown.images,
  });
  if (own) made.classList.add("own");
  for (const button of made.querySelectorAll("button")) button.tabIndex = -1;
  mark(made, item.row);
  return made;
}

/**
 * @param {Result} item
 * @param {boolean} relevant
 */
function markButton(item, relevant) {
  const name = relevant ? `More like ${item.key}` : `Not like ${item.key}`;
  const button = h(
    "button",
    {
      type: "button",
      class: relevant ? "mark yes" : "mark no",
      "aria-label": name,
      "aria-pressed": "false",
      title: relevant ? "More like this (+)" : "Not like this (−)",
    },
    icon(relevant ? "plus" : "minus"),
  );
  button.addEventListener("click", () => pressMark(item, relevant));
  return button;
}

function showMarks() {
  for (const one of grid.children)
    mark(/** @type {HTMLElement} */ (one), Number(/** @type {HTMLElement} */ (one).dataset.row));
}

/**
 * @param {HTMLElement} made
 * @param {number} row
 */
function mark(made, row) {
  const now = current(roundsShown(), state.place.pending, row);
  made.classList.toggle("yes", now === true);
  made.classList.toggle("no", now === false);
  made.querySelector(".mark.yes")?.setAttribute("aria-pressed", String(now === true));
  made.querySelector(".mark.no")?.setAttribute("aria-pressed", String(now === false));
}

/** What stands above the grid. */
function head() {
  const { answer, busy, place } = state;
  const title = byId("results-title");
  const facts = byId("results-facts");
  byId("results").hidden = !place.query;
  byId("start").hidden = Boolean(place.query);
  byId("nothing").hidden = busy || !answer || answer.results.length > 0;
  if (!answer || state.stale) {
    title.textContent = busy ? "Searching…" : "No results yet";
    facts.textContent = "";
    return;
  }
  const many = answer.results.length;
  const radius = place.options.by === "radius" && !answer.refined;
  title.textContent = many
    ? plural(many, radius ? "image" : "nearest image", radius ? "images" : "nearest images")
    : "Nothing found";
  const parts = [];
  if (answer.total) parts.push(`of ${count(answer.total)}`);
  if (radius) parts.push(`within ${plural(place.options.radius, "bit")}`);
  if (radius && answer.found > many) parts.push(`the nearest of ${count(answer.found)}`);
  if (answer.elapsed_ms) parts.push(`${measure(Math.round(answer.elapsed_ms))} ms`);
  facts.textContent = parts.join(" · ");
  const message = byId("results-message");
  message.textContent = answer.message || "";
  message.hidden = !answer.message;
}

function progress() {
  const bar = /** @type {HTMLProgressElement} */ (byId("progress"));
  bar.hidden = !state.busy;
  byId("results").setAttribute("aria-busy", String(state.busy));
  if (state.progress) bar.value = state.progress;
  else bar.removeAttribute("value");
}

function more() {
  const { answer, busy, limits, place } = state;
  const there = answer?.results.length || 0;
  const rest = there - grid.children.length;
  byId("more").hidden = busy || rest + beyond() <= 0;
  byId("more").textContent =
    rest > 0
      ? `Show ${count(Math.min(PAGE, rest))} more`
      : `Ask for the next ${count(Math.min(limits.k || there, beyond()))}`;
  const { by, metric } = place.options;
  const all = by === "k" && metric === "reranked" && !answer?.refined && there === limits.k;
  byId("more-note").hidden = busy || !all || rest > 0 || there === answer?.total;
}

async function showMore() {
  const shown = grid.children.length;
  const button = /** @type {HTMLButtonElement} */ (byId("more"));
  limit += PAGE;
  if (shown < (state.answer?.results.length || 0))
    append(state.answer?.results.slice(shown) || []);
  else {
    button.disabled = true;
    try {
      await further();
    } catch (error) {
      limit -= PAGE;
      fail(error, showMore);
      return;
    } finally {
      button.disabled = false;
    }
  }
  more();
  const next = /** @type {HTMLElement | undefined} */ (grid.children[shown]);
  if (next) focusTile(next);
}

/**
 * One tile at a time is in the order of the Tab key.
 * @param {Element | null} one
 */
function rove(one) {
  if (!one) return;
  for (const button of grid.querySelectorAll('button[tabindex="0"]'))
    if (button.closest("li") !== one) /** @type {HTMLElement} */ (button).tabIndex = -1;
  for (const button of one.querySelectorAll("button")) button.tabIndex = 0;
}

/** @param {Element} one */
function focusTile(one) {
  rove(one);
  one.querySelector("button")?.focus();
}

/** @param {KeyboardEvent} event */
function keys(event) {
  const one = /** @type {Element} */ (event.target).closest("li");
  if (!one || event.ctrlKey || event.metaKey || event.altKey) return;
  const row = Number(/** @type {HTMLElement} */ (one).dataset.row);
  const item = state.answer?.results.find((result) => result.row === row);
  if (!item) return;
  const act = action(event, item);
  if (act) {
    event.preventDefault();
    act();
    return;
  }
  const next = neighbour(one, event.key);
  if (!next) return;
  event.preventDefault();
  focusTile(next);
}

/**
 * @param {KeyboardEvent} event
 * @param {Result} item
 * @returns {(() => void) | null}
 */
function action(event, item) {
  if (event.key === "+" || event.key === "=") return () => pressMark(item, true);
  if (event.key === "-" || event.key === "_" || event.key === "\u2212")
    return () => pressMark(item, false);
  if (event.key === "Enter" && event.shiftKey) return searchAgain;
  return null;
}

/**
 * @param {Element} one
 * @param {string} key
 * @returns {Element | null}
 */
function neighbour(one, key) {
  const all = [...grid.children];
  const at = all.indexOf(one);
  const columns = getComputedStyle(grid).gridTemplateColumns.split(" ").length;
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[key];
  if (key === "Home") return all[0];
  if (key === "End") return all[all.length - 1];
  return step ? all[at + step] || null : null;
}
