/** The database without a query: near-duplicates, images at random, the most isolated. */

import { ApiError, bookPath, getJson } from "./api.js";
import { announce, byId, count, h, plural } from "./dom.js";
import { clearNotice, fail, notice } from "./notices.js";
import { searchFor } from "./search.js";
import { fillClasses } from "./settings.js";
import { book, on, state } from "./store.js";
import { distanceText, tile } from "./tile.js";

/** @typedef {import("./store.js").Result} Result */
/** @typedef {"random" | "isolated" | "duplicates"} Kind */

const SHOWN = 60;
const START = 18;
const GROUPS = 100;
const MEMBERS = 24;
const PAUSE = 1000;

const radius = /** @type {HTMLInputElement} */ (byId("explore-radius"));
const label = /** @type {HTMLSelectElement} */ (byId("explore-label"));
const body = byId("explore-body");

/** @type {Kind} */
let kind = "random";
let drawn = "";
let begun = "";
let seed = Math.floor(Math.random() * 1e6);
let asked = 0;
/** What takes a while and is asked for again, and the timer that will. */
let awaited = "";
let timer = 0;

export function start() {
  byId("explore-kinds").addEventListener("change", (event) => {
    kind = /** @type {Kind} */ (/** @type {HTMLInputElement} */ (event.target).value);
    show();
  });
  radius.addEventListener("change", show);
  label.addEventListener("change", show);
  byId("explore-again").addEventListener("click", () => {
    seed += 1;
    show();
  });
  byId("start-again").addEventListener("click", () => {
    seed += 1;
    begin();
  });
  on("books", placed);
  on("place", placed);
}

function placed() {
  const shown = book();
  if (!shown) return;
  if (state.place.view === "explore") show();
  if (state.place.view === "search" && !state.place.query) begin();
}

/** A few images to begin with, where no query has been chosen. */
async function begin() {
  const of = `${state.place.book} ${seed}`;
  if (of === begun) return;
  begun = of;
  const name = state.place.book;
  try {
    const found = await getJson(bookPath(name, "random", { count: START, seed }));
    if (name === state.place.book)
      byId("start-grid").replaceChildren(...found.results.map(plainTile));
  } catch (error) {
    begun = "";
    fail(error, begin);
  }
}

/** @param {Result} item */
function plainTile(item) {
  const shown = book();
  const far =
    kind === "isolated" && Number.isFinite(item.distance) && state.place.view === "explore";
  return tile({
    book: state.place.book,
    item,
    says: "Search with",
    press: () => searchFor({ kind: "row", row: item.row, key: item.key }),
    value: far ? distanceText(item.distance, "hamming") : "",
    images: shown?.images,
  });
}

async function show() {
  window.clearTimeout(timer);
  const shown = book();
  if (!shown || state.place.view !== "explore") return;
  fillClasses(label, shown);
  byId("explore-label-field").hidden = !shown.classes?.length;
  byId("explore-radius-field").hidden = kind !== "duplicates";
  byId("explore-again").hidden = kind !== "random";
  if (kind === "duplicates" && !near()) return;
  const of = JSON.stringify([
    shown.name,
    kind,
    label.value,
    kind === "duplicates" && radius.value,
    kind === "random" && seed,
  ]);
  if (of === drawn) return;
  drawn = of;
  const mine = ++asked;
  if (of !== awaited) say("Looking…");
  awaited = "";
  body.setAttribute("aria-busy", "true");
  try {
    const found = await getJson(path(shown.name));
    if (mine !== asked) return;
    if (kind === "duplicates") groups(found);
    else plainGrid(found.results);
  } catch (error) {
    if (mine !== asked) return;
    drawn = "";
    if (later(error)) {
      awaited = of;
      timer = window.setTimeout(show, PAUSE);
      return;
    }
    say("");
    body.replaceChildren();
    fail(error, show);
  } finally {
    if (mine === asked && drawn) body.removeAttribute("aria-busy");
  }
}

/** Whether a distance is typed; where it is none, say so and leave what is shown. */
function near() {
  const value = radius.valueAsNumber;
  const [least, most] = [Number(radius.min), Number(radius.max)];
  const good = Number.isInteger(value) && value >= least && value <= most;
  if (good && radius.getAttribute("aria-invalid") === "true") clearNotice();
  radius.setAttribute("aria-invalid", String(!good));
  if (good) return true;
  const typed = radius.value ? `“${radius.value}”` : "what was typed";
  notice(
    `“Bits apart, at most” takes a whole number from ${least} to ${most}; ${typed} is not one.`,
  );
  return false;
}

/**
 * What takes long is asked for again, and said to take long.
 * @param {unknown} error
 */
function later(error) {
  if (kind !== "duplicates" || !(error instanceof ApiError) || error.status !== 503) return false;
  body.replaceChildren();
  byId("explore-said").textContent = error.message.replace(/ Ask again\.$/, "");
  return true;
}

/** @param {string} name */
function path(name) {
  const of = { label: label.value };
  if (kind === "duplicates")
    return bookPath(name, "duplicates", {
      ...of,
      radius: radius.value,
      limit: GROUPS,
      members: MEMBERS,
    });
  const params = { ...of, count: SHOWN };
  return bookPath(name, kind, kind === "random" ? { ...params, seed } : params);
}

/** @param {string} text */
function say(text) {
  byId("explore-said").textContent = text;
  if (text && text !== "Looking…") announce(text);
}

/** @param {Result[]} results */
function plainGrid(results) {
  body.replaceChildren(h("ul", { class: "grid", role: "list" }, ...results.map(plainTile)));
  const far = "Farthest from their nearest neighbour first. Press one to search with it.";
  say(
    results.length
      ? kind === "isolated"
        ? far
        : "Press one to search with it."
      : "No image is of this class.",
  );
}

/**
 * @param {{groups: Result[][], sizes: number[], pairs: number, radius: number, found: number}} found
 */
function groups(found) {
  const all = found.groups.map((items, at) =>
    h(
      "section",
      { class: "group" },
      h(
        "h3",
        {},
        plural(found.sizes[at], "image"),
        found.sizes[at] > items.length ? `, the first ${items.length} shown` : "",
      ),
      h("ul", { class: "grid", role: "list" }, ...items.map(plainTile)),
    ),
  );
  body.replaceChildren(...all);
  const same = found.radius === 0;
  const apart = plural(found.radius, "bit");
  const rest = found.found - found.groups.length;
  const first =
    rest > 0
      ? `The largest ${found.groups.length} of ${count(found.found)} groups`
      : plural(found.found, "group");
  say(
    found.found
      ? `${first}: each image ${same ? "has the code" : `is within ${apart}`} of another of its ` +
          `group. ${plural(found.pairs, "such pair")} in all.`
      : `No two images ${same ? "have the same code" : `lie within ${apart} of one another`}. ` +
          "Try a larger distance.",
  );
}
