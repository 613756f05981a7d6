/** The state of a search as the fragment of an address, and back. */

import { decodeRounds, encodeRounds } from "./marks.js";

/**
 * The image that is searched for. `row` when it is one of the database, `code` when only the server's
 * opaque string of it is known, `upload` when the reader's picture has not been hashed yet.
 * @typedef {object} Query
 * @property {"row" | "code" | "upload"} kind
 * @property {number} [row]
 * @property {string} [key]
 * @property {string} [code] the server's opaque string, URL-safe
 * @property {import("./pictures.js").Upload} [upload]
 */

/**
 * @typedef {object} Options
 * @property {string} metric
 * @property {"k" | "radius"} by
 * @property {number} k
 * @property {number} radius
 * @property {string} label only images of this class, or "" for all
 */

/**
 * @typedef {object} Place
 * @property {"search" | "map" | "explore"} view
 * @property {string} book
 * @property {Query | null} query
 * @property {Options} options
 * @property {import("./marks.js").Mark[][]} rounds all rounds, those stepped back from too
 * @property {number} at how many rounds the results shown are of
 * @property {import("./marks.js").Mark[]} pending marks that no round holds yet
 */

export const VIEWS = /** @type {const} */ (["search", "map", "explore"]);

/** @returns {Options} */
export function standardOptions() {
  return { metric: "", by: "k", k: 48, radius: 0, label: "" };
}

/** @returns {Place} */
export function emptyPlace() {
  const options = standardOptions();
  return { view: "search", book: "", query: null, options, rounds: [], at: 0, pending: [] };
}

/**
 * @param {Place} place
 * @returns {string} with its leading "#"
 */
export function encode(place) {
  const { options, query, rounds } = place;
  const params = new URLSearchParams();
  if (place.view !== "search") params.set("view", place.view);
  if (place.book) params.set("codebook", place.book);
  if (query?.kind === "row") params.set("row", String(query.row));
  if (query?.kind === "code") params.set("query", query.code || "");
  if (options.metric) params.set("metric", options.metric);
  if (options.by === "radius") params.set("radius", String(options.radius));
  else params.set("k", String(options.k));
  if (options.label) params.set("label", options.label);
  if (rounds.length) params.set("rounds", encodeRounds(rounds));
  if (place.at < rounds.length) params.set("at", String(place.at));
  if (place.pending.length) params.set("marks", encodeRounds([place.pending]));
  return `#${params}`;
}

/**
 * Read a link. What cannot be read is left at its standard and said in `faults`.
 * @param {string} hash
 * @returns {{place: Place, faults: string[]}}
 */
export function decode(hash) {
  const params = new URLSearchParams(hash.replace(/^#/, ""));
  const place = emptyPlace();
  /** @type {string[]} */
  const faults = [];
  const view = VIEWS.find((name) => name === params.get("view"));
  if (view) place.view = view;
  place.book = params.get("codebook") || "";
  place.query = query(params, faults);
  place.options = options(params, faults);
  if (place.query) marks(params, place, faults);
  return { place, faults };
}

/**
 * @param {URLSearchParams} params
 * @param {string[]} faults
 * @returns {Query | null}
 */
function query(params, faults) {
  const code = params.get("query");
  if (code) return { kind: "code", code };
  if (!params.has("row")) return null;
  const row = whole(params.get("row"));
  if (row !== null) return { kind: "row", row };
  faults.push(`The link's row “${params.get("row")}” is not a whole number; choose an image.`);
  return null;
}

/**
 * @param {URLSearchParams} params
 * @param {string[]} faults
 * @returns {Options}
 */
function options(params, faults) {
  const read = standardOptions();
  read.metric = params.get("metric") || "";
  read.label = params.get("label") || "";
  const k = params.get("k");
  const radius = params.get("radius");
  if (radius !== null) {
    const value = Number(radius);
    if (radius !== "" && Number.isFinite(value) && value >= 0) {
      read.by = "radius";
      read.radius = value;
    } else faults.push(`The link's radius “${radius}” is not a number from 0 up; it is left out.`);
  } else if (k !== null) {
    const value = whole(k);
    if (value) read.k = value;
    else faults.push(`The link asks for “${k}” results; ${read.k} are shown.`);
  }
  return read;
}

/**
 * @param {URLSearchParams} params
 * @param {Place} place
 * @param {string[]} faults
 */
function marks(params, place, faults) {
  try {
    place.rounds = decodeRounds(params.get("rounds") || "");
    place.pending = decodeRounds(params.get("marks") || "").flat();
  } catch (error) {
    faults.push(/** @type {Error} */ (error).message);
  }
  const at = whole(params.get("at"));
  place.at = Math.min(at ?? place.rounds.length, place.rounds.length);
}

/**
 * @param {string | null} text
 * @returns {number | null}
 */
function whole(text) {
  return text !== null && /^\d{1,10}$/.test(text) ? Number(text) : null;
}
