/** What the page knows: one place (what a link holds), the codebooks, and the answer shown. */

import { emptyPlace } from "./link.js";

/**
 * @typedef {object} Result
 * @property {number} rank
 * @property {number} row
 * @property {string} key
 * @property {string | string[] | null} label
 * @property {number} distance
 * @property {number} [score] after feedback
 * @property {string} [code] hexadecimal
 */

/**
 * @typedef {object} Histogram
 * @property {"hamming" | "euclidean" | "score"} metric
 * @property {number[]} distances where each bin begins
 * @property {number} width of a bin
 * @property {number[]} counts
 * @property {number | null} cut
 */

/**
 * @typedef {object} Answer
 * @property {{code: string, row: number | null, key: string | null, query: string,
 *   position?: [number, number] | null}} query
 * @property {Result[]} results
 * @property {number} found
 * @property {number} total
 * @property {Histogram | null} histogram
 * @property {number} elapsed_ms
 * @property {boolean} refined by marks, so that results have scores
 * @property {string} [message]
 */

/**
 * @typedef {object} Book
 * @property {string} name
 * @property {number} rows
 * @property {number} bits
 * @property {number | null} dimensions
 * @property {boolean} labels
 * @property {{name: string, count: number}[] | null} classes
 * @property {boolean} images
 * @property {string[]} metrics
 * @property {string} [note] what forbids to take a ranking at its word
 * @property {{state: "none" | "loading" | "ready" | "failed", message?: string | null,
 *   name?: string | null, image_size?: number | null, reconstructs?: boolean}} model
 */

/**
 * @typedef {object} State
 * @property {Book[]} books
 * @property {{upload_bytes?: number, pixels?: number, k?: number}} limits
 * @property {import("./link.js").Place} place
 * @property {Answer | null} answer of the place, as far as it has come
 * @property {boolean} busy
 * @property {boolean} stale the answer is still that of the search before
 * @property {number | null} progress between 0 and 1
 */

/** @type {State} */
export const state = {
  books: [],
  limits: {},
  place: emptyPlace(),
  answer: null,
  busy: false,
  stale: false,
  progress: null,
};

/** @typedef {"books" | "place" | "search" | "query" | "results" | "histogram" | "marks" | "ended"} Topic */

/** @type {Map<Topic, ((detail?: any) => void)[]>} */
const listeners = new Map();

/**
 * Be told when something changes.
 * @param {Topic} topic
 * @param {(detail?: any) => void} listener
 */
export function on(topic, listener) {
  listeners.set(topic, [...(listeners.get(topic) || []), listener]);
}

/**
 * @param {Topic} topic
 * @param {unknown} [detail]
 */
export function emit(topic, detail) {
  for (const listener of listeners.get(topic) || []) listener(detail);
}

/**
 * The codebook that is shown.
 * @returns {Book | null}
 */
export function book() {
  return state.books.find((one) => one.name === state.place.book) || null;
}

/**
 * The rounds that the results shown are of.
 * @returns {import("./marks.js").Mark[][]}
 */
export function roundsShown() {
  return state.place.rounds.slice(0, state.place.at);
}
