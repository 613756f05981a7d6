/** Going from one place to the next, and asking the server for what belongs there. */

import { ApiError, getJson, stream } from "./api.js";
import { encode } from "./link.js";
import { sent, tally } from "./marks.js";
import { clearNotice, fail, notice } from "./notices.js";
import { cropText } from "./pictures.js";
import { emit, roundsShown, state } from "./store.js";
import { announce, measure, plural } from "./dom.js";

/** @typedef {import("./link.js").Place} Place */
/** @typedef {import("./store.js").Answer} Answer */

/** @type {AbortController | null} */
let running = null;

/** Answers by what was asked, so that stepping back costs nothing. @type {Map<string, Answer>} */
const known = new Map();
const KNOWN = 40;
/** Results of an answer, where the server does not say how many it gives. */
const MOST = 1000;

/** Uploads by the server's opaque string, for going back. @type {Map<string, import("./pictures.js").Upload>} */
const uploads = new Map();

let asked = "";

/**
 * Go somewhere: the address follows, and a search starts where one is needed.
 * @param {Partial<Place>} change
 * @param {{replace?: boolean, again?: boolean, undo?: Partial<Place>}} [how] replace: no entry in the
 *   browser's history; undo: what holds again where the search fails
 */
export function go(change, how = {}) {
  if (change.view && change.view !== state.place.view) clearNotice();
  state.place = { ...state.place, ...change };
  // An upload has no address until the server has named it.
  if (state.place.query?.kind !== "upload") address(how.replace);
  emit("place");
  if (!state.place.query) forget();
  else if (how.again || signature(state.place) !== asked)
    run((before) => {
      const { undo } = how;
      if (!undo) return () => run();
      asked = before;
      go(undo, { replace: true });
      return () => go(change, how);
    });
}

/**
 * Search for something else: rounds and marks end.
 * @param {import("./link.js").Query | null} query
 */
export function searchFor(query) {
  const { rounds, at, pending, view, query: before } = state.place;
  // What cannot be searched with gives way to what was there, so that no results stand beside it.
  const undo = state.busy ? undefined : { query: before, rounds, at, pending, view };
  go({ query, rounds: [], at: 0, pending: [], view: "search" }, { again: true, undo });
}

/** @param {Partial<import("./link.js").Options>} change */
export function setOptions(change) {
  go({ options: { ...state.place.options, ...change } });
}

/** The marks made since become a round. */
export function searchAgain() {
  const { pending, rounds, at } = state.place;
  if (!pending.length) {
    notice("Nothing is marked: mark an image with + or − first.", { kind: "note" });
    return;
  }
  const undo = { rounds, at, pending };
  go({ rounds: [...rounds.slice(0, at), pending], at: at + 1, pending: [] }, { undo });
}

/** @param {number} at */
export function stepTo(at) {
  const undo = { at: state.place.at, pending: state.place.pending };
  go({ at, pending: [] }, { undo });
}

/**
 * Take a link's place, or one of the browser's history.
 * @param {Place} place
 */
export function arrive(place) {
  const { query } = place;
  if (query?.kind === "code" && query.code) query.upload = uploads.get(query.code);
  go(place, { replace: true });
}

/** @param {boolean} [replace] */
function address(replace) {
  const hash = encode(state.place);
  if (hash === window.location.hash) return;
  if (replace) window.history.replaceState(null, "", hash);
  else window.history.pushState(null, "", hash);
}

/** @param {Place} place */
function signature(place) {
  const { query } = place;
  const of = query && [query.kind, query.row, query.code || query.upload?.id];
  const rounds = place.rounds.slice(0, place.at);
  return JSON.stringify([place.book, of, place.options, rounds.map((r) => r.map(plain))]);
}

/** @param {import("./marks.js").Mark} mark */
function plain(mark) {
  return [mark.row, mark.relevant];
}

function forget() {
  running?.abort();
  asked = "";
  Object.assign(state, { answer: null, busy: false, stale: false, progress: null });
  emit("search");
}

/**
 * @param {(before: string) => () => void} [failed] puts things right, given what the answer shown is
 *   of, and says how to try again
 */
async function run(failed = () => () => run()) {
  running?.abort();
  const control = new AbortController();
  running = control;
  const before = { asked, answer: state.answer };
  asked = signature(state.place);
  clearNotice();
  const remembered = known.get(asked);
  if (remembered) {
    Object.assign(state, { answer: remembered, busy: false, stale: false, progress: null });
    emit("search");
    ended(remembered);
    return;
  }
  Object.assign(state, { busy: true, stale: true, progress: 0 });
  emit("search");
  const { path, options } = question(state.place);
  const came = collector();
  try {
    await stream(path, { ...options, signal: control.signal }, came.take);
    if (control.signal.aborted) return;
    remember(came.answer);
    Object.assign(state, { busy: false, progress: null });
    ended(came.answer);
  } catch (error) {
    if (control.signal.aborted) return;
    Object.assign(state, { answer: before.answer, busy: false, stale: false, progress: null });
    emit("search");
    const named = ofFile(error, state.place.query?.upload?.name);
    fail(named, failed(before.asked));
  }
}

/** How many results there are beyond those that the server gave. */
export function beyond() {
  const { answer, busy, place, limits } = state;
  if (!answer || busy) return 0;
  const { by, k, metric } = place.options;
  if (by === "radius") return answer.found - answer.results.length;
  if (k < (limits.k || MOST) || (metric === "reranked" && !answer.refined)) return 0;
  return (answer.refined ? answer.found : answer.total) - answer.results.length;
}

/** Ask for the results after those that are there. */
export async function further() {
  const { answer } = state;
  if (!answer) return;
  const { path, options } = question(state.place);
  const json = { .../** @type {object} */ (options.json), skip: answer.results.length };
  const found = await getJson(path, { json });
  if (state.answer !== answer) return;
  answer.results.push(...found.results);
  emit("results", found.results);
}

/**
 * Say which picture the server means.
 * @param {unknown} error
 * @param {string | undefined} name
 */
function ofFile(error, name) {
  if (!name || !(error instanceof ApiError)) return error;
  return new ApiError(error.message.replace(/^The picture\b/, `“${name}”`), error.status);
}

/** @param {Answer} answer */
function ended(answer) {
  emit("ended");
  if (answer.message) announce(answer.message);
  announce(summary(answer));
}

/**
 * One sentence about the results, for those who do not see them.
 * @param {Answer} answer
 */
export function summary(answer) {
  const first = answer.results[0];
  if (!first) return "Nothing was found.";
  return `${plural(answer.results.length, "result")}. First: ${first.key}, distance ${measure(first.distance)}.`;
}

/** Put the events of one answer together. */
function collector() {
  /** @type {Answer} */
  const answer = {
    query: { code: "", row: null, key: null, query: "" },
    results: [],
    found: 0,
    total: 0,
    histogram: null,
    elapsed_ms: 0,
    refined: false,
  };
  let begun = false;
  /** @param {any} event */
  const take = (event) => {
    if (event.event === "query") answer.query = event.query;
    if (event.event === "results") {
      answer.results.push(...event.results);
      answer.refined = answer.results.some((one) => one.score !== undefined);
      state.progress = Math.min(1, answer.results.length / Math.max(1, state.place.options.k));
      if (!begun) {
        begun = true;
        Object.assign(state, { answer, stale: false });
        emit("search");
      } else emit("results", event.results);
    }
    if (event.event === "histogram") answer.histogram = event.histogram;
    if (event.event === "done") {
      const { event: _, ...rest } = event;
      Object.assign(answer, rest);
      if (!begun) {
        Object.assign(state, { answer, stale: false });
        emit("search");
      }
    }
  };
  return { answer, take };
}

/** @param {Answer} answer */
function remember(answer) {
  const { place } = state;
  const { query } = place;
  if (query?.kind === "upload" && answer.query.query) {
    const upload = /** @type {import("./pictures.js").Upload} */ (query.upload);
    uploads.set(answer.query.query, upload);
    place.query = { kind: "code", code: answer.query.query, upload };
    address();
  } else if (query?.kind === "row" && answer.query.key) query.key = answer.query.key;
  asked = signature(place);
  known.set(asked, answer);
  const oldest = known.keys().next().value;
  if (known.size > KNOWN && oldest !== undefined) known.delete(oldest);
  emit("query");
}

/**
 * What the server is asked.
 * @param {Place} place
 * @returns {{path: string, options: import("./api.js").Options}}
 */
function question(place) {
  const { options, query, book } = place;
  if (!query) throw new ApiError("Choose an image first.", 0);
  /** @type {Record<string, any>} */
  const fields = { codebook: book, metric: options.metric };
  const rounds = sent(roundsShown());
  if (options.by === "radius") Object.assign(fields, { k: state.limits.k || MOST });
  else fields.k = options.k;
  if (options.by === "radius" && !rounds.length) fields.radius = options.radius;
  if (options.label) fields.label = options.label;
  if (query.kind === "upload" && query.upload) return upload(query.upload, fields);
  if (query.kind === "row") Object.assign(fields, { row: query.row, key: query.key });
  else fields.query = query.code;
  if (!rounds.length) return { path: "search", options: { json: fields } };
  fields.rounds = rounds;
  return { path: "feedback", options: { json: fields } };
}

/**
 * @param {import("./pictures.js").Upload} upload
 * @param {Record<string, any>} fields
 */
function upload(upload, fields) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, String(value));
  form.set("image", upload.file, upload.name);
  if (upload.crop) form.set("crop", cropText(upload.crop));
  return { path: "search", options: { form } };
}

/**
 * What the marks of a round say, in few words.
 * @param {import("./marks.js").Mark[]} marks
 */
export function said(marks) {
  const { yes, no, back } = tally(marks);
  const parts = [];
  if (yes) parts.push(`+${yes}`);
  if (no) parts.push(`\u2212${no}`);
  if (back) parts.push(`${back} taken back`);
  return parts.join(" ");
}
