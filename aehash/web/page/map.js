/** The map of the database: every image a point, near where its neighbours are. */

import { bookPath, getBytes, getJson } from "./api.js";
import { announce, byId, count } from "./dom.js";
import { current } from "./marks.js";
import { showCard } from "./map_card.js";
import { painter } from "./map_draw.js";
import { listen } from "./map_input.js";
import { drawOverlay } from "./map_overlay.js";
import { Nearest, Window, readPoints } from "./map_view.js";
import { colours, legend } from "./map_colours.js";
import { fail } from "./notices.js";
import { searchFor } from "./search.js";
import { book, on, roundsShown, state } from "./store.js";

const surface = byId("map-surface");
const under = /** @type {HTMLCanvasElement} */ (byId("map-points"));
const over = /** @type {HTMLCanvasElement} */ (byId("map-over"));
const view = new Window();

/** @type {import("./map_draw.js").Painter | null} */
let brush = null;
/** @type {{of: string, points: import("./map_view.js").Points, near: Nearest, where: Map<number, number>} | null} */
let drawn = null;
let wanted = "";
/** The point that is looked at. */
let looked = -1;
/** A class that alone is coloured. @type {number | null} */
let only = null;
let frame = 0;
let moving = 0;
let waiting = 0;

export function start() {
  listen(surface, view, { moved, hover, click: choose, enter });
  new ResizeObserver(resize).observe(surface);
  surface.addEventListener("focus", moved);
  surface.addEventListener("blur", moved);
  byId("map-in").addEventListener("click", () => zoomed(1.5));
  byId("map-out").addEventListener("click", () => zoomed(1 / 1.5));
  byId("map-fit").addEventListener("click", () => {
    view.fit();
    moved();
  });
  document.addEventListener("themechange", recolour);
  on("place", shown);
  on("search", place);
  on("results", paint);
  on("ended", place);
  on("marks", paint);
}

/** @param {number} factor */
function zoomed(factor) {
  view.zoom(factor);
  moved();
}

/** The map is fetched when it is first looked at. */
function shown() {
  if (state.place.view !== "map" || !book()) return;
  if (drawn?.of !== state.place.book && wanted !== state.place.book) fetchMap();
  else place();
}

async function fetchMap() {
  const name = state.place.book;
  wanted = name;
  window.clearTimeout(waiting);
  say("Fetching the map…");
  try {
    const told = await getJson(bookPath(name, "map"));
    if (wanted !== name) return;
    if (told.state === "ready") await takePoints(name, told);
    else if (told.state === "making") {
      say("The map is being made…");
      wanted = "";
      waiting = window.setTimeout(shown, 1200);
    } else say(`There is no map of this collection: ${told.message}`);
  } catch (error) {
    wanted = "";
    say("The map could not be fetched.");
    fail(error, shown);
  }
}

/**
 * @param {string} name
 * @param {any} told
 */
async function takePoints(name, told) {
  const bytes = await getBytes(bookPath(name, "map/points"));
  if (wanted !== name) return;
  const points = readPoints(
    bytes,
    told.record || (told.count ? bytes.byteLength / told.count : 12),
  );
  const where = new Map();
  points.rows.forEach((row, at) => where.set(row, at));
  drawn = { of: name, points, near: new Nearest(points), where };
  looked = -1;
  only = null;
  showCard(points, -1, false);
  say("");
  const all = told.of && told.of > points.count ? ` of ${count(told.of)}` : "";
  byId("map-facts").textContent = [`${count(points.count)}${all} images`, method(told)].join(" · ");
  brush ??= painter(under);
  view.reach = points.reach;
  resize();
  view.fit();
  recolour();
}

/** @param {any} told */
function method(told) {
  const share = (told.shares || []).reduce(
    (/** @type {number} */ sum, /** @type {number} */ one) => sum + one,
    0,
  );
  const of = told.space === "codes" ? "their codes" : "their features";
  return `laid out along the two directions in which ${of} vary most (${Math.round(share * 100)} % of the variance)`;
}

/** @param {string} text */
function say(text) {
  byId("map-said").textContent = text;
  byId("map-said").hidden = !text;
}

function recolour() {
  if (!drawn || !brush) return;
  const shownBook = book();
  brush.load(drawn.points, colours(drawn.points, shownBook, surface, only));
  const box = byId("map-legend");
  box.replaceChildren(
    ...legend(shownBook, only, (chosen) => {
      only = chosen;
      recolour();
      /** @type {HTMLElement | null} */ (
        box.querySelector(`[data-class="${chosen ?? ""}"]`)
      )?.focus();
    }),
  );
  paint();
}

function resize() {
  const { clientWidth: width, clientHeight: height } = surface;
  if (!width || !height) return;
  const ratio = Math.min(2, window.devicePixelRatio || 1);
  for (const canvas of [brush?.canvas || under, over]) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const first = view.width === 1;
  view.resize(width, height);
  if (first) view.fit();
  paint();
}

/** The window changed: draw now, and once more when it rests. */
function moved() {
  window.clearTimeout(moving);
  moving = window.setTimeout(() => {
    moving = 0;
    if (document.activeElement === surface) lookAt(nearest(view.width / 2, view.height / 2));
    paint();
  }, 160);
  paint();
}

function paint() {
  if (!drawn || frame || state.place.view !== "map") return;
  frame = requestAnimationFrame(() => {
    frame = 0;
    if (!drawn || !brush) return;
    brush.draw(view, moving !== 0);
    drawOverlay(over, view, overlay());
  });
}

/** @returns {import("./map_overlay.js").Overlay} */
function overlay() {
  const { answer, place } = state;
  const results = [];
  for (const item of answer?.results || []) {
    const at = spot(item.row);
    if (at) results.push({ place: at, mark: current(roundsShown(), place.pending, item.row) });
  }
  const [query, how] = queryPlace(results.map((one) => one.place));
  const missing = (answer?.results.length || 0) - results.length;
  const notes = [how, missing ? `${count(missing)} results are not among the points drawn.` : ""];
  byId("map-query").textContent = answer ? notes.filter(Boolean).join(" ") : "";
  return {
    query,
    results,
    looked: looked < 0 ? null : spotOf(looked),
    cross: document.activeElement === surface && surface.matches(":focus-visible"),
  };
}

/** Where the server puts a query that is no row. @type {{of: string, at: [number, number] | null}} */
let placing = { of: "", at: null };

async function place() {
  paint();
  const query = state.answer?.query;
  const shown = state.place.view === "map" && drawn?.of === state.place.book;
  if (!query?.query || query.row !== null || query.position || !shown || placing.of === query.query)
    return;
  placing = { of: query.query, at: null };
  try {
    const options = { json: { query: query.query } };
    const told = await getJson(bookPath(state.place.book, "map/place"), options);
    if (placing.of === query.query) placing.at = told.query;
    paint();
  } catch {
    // Then it is drawn amid its nearest results.
  }
}

/**
 * @param {[number, number][]} results
 * @returns {[[number, number] | null, string]}
 */
function queryPlace(results) {
  const query = state.answer?.query;
  if (!query || !drawn) return [null, ""];
  const own = query.row === null ? null : spot(query.row);
  if (own) return [own, ""];
  const placed = query.position || (placing.of === query.query ? placing.at : null);
  if (placed) return [drawn.points.fit(...placed), ""];
  const near = results.slice(0, 3);
  if (!near.length) return [null, ""];
  const mean = (/** @type {0 | 1} */ axis) =>
    near.reduce((sum, at) => sum + at[axis], 0) / near.length;
  return [[mean(0), mean(1)], "The query is drawn amid its three nearest results."];
}

/**
 * @param {number} row
 * @returns {[number, number] | null}
 */
function spot(row) {
  const at = drawn?.where.get(row);
  return at === undefined ? null : spotOf(at);
}

/**
 * @param {number} at
 * @returns {[number, number]}
 */
function spotOf(at) {
  const { places } = /** @type {NonNullable<typeof drawn>} */ (drawn).points;
  return [places[at * 2], places[at * 2 + 1]];
}

/**
 * @param {number} left
 * @param {number} top
 */
function nearest(left, top) {
  if (!drawn) return -1;
  return drawn.near.find(...view.at(left, top), 24 / view.scale);
}

/**
 * @param {number} left
 * @param {number} top
 */
function hover(left, top) {
  const at = nearest(left, top);
  surface.classList.toggle("over", at >= 0);
  if (at >= 0) lookAt(at);
}

/**
 * @param {number} left
 * @param {number} top
 */
function choose(left, top) {
  lookAt(nearest(left, top));
}

function enter() {
  const at = nearest(view.width / 2, view.height / 2);
  if (at >= 0 && drawn) searchFor({ kind: "row", row: drawn.points.rows[at] });
  else announce("No image lies at the centre; move the map with the arrow keys.");
}

/** @param {number} at */
function lookAt(at) {
  if (at === looked || !drawn) return;
  looked = at;
  showCard(drawn.points, at, document.activeElement === surface);
  paint();
}
