/** The session as a file: JSON to open again, CSV to count with. */

import { ApiError, getJson, bookPath } from "./api.js";
import { standardOptions } from "./link.js";
import { current, standing } from "./marks.js";
import { roundsShown, state } from "./store.js";
import { labelText } from "./tile.js";

/** @typedef {import("./link.js").Place} Place */
/** @typedef {import("./marks.js").Mark} Mark */

export const FORMAT = "aehash web session";
const VERSION = 1;

/** The session as JSON: the query's code, never its picture. */
export function toJson() {
  const { place, answer } = state;
  const query = answer?.query;
  const saved = {
    format: FORMAT,
    version: VERSION,
    saved: new Date().toISOString(),
    codebook: { name: place.book, rows: state.books.find((one) => one.name === place.book)?.rows },
    query: {
      row: place.query?.kind === "row" ? place.query.row : null,
      key: query?.key ?? place.query?.key ?? null,
      name: place.query?.upload?.name ?? null,
      code: query?.code ?? null,
      query: place.query?.kind === "row" ? null : (query?.query ?? place.query?.code ?? null),
    },
    options: place.options,
    rounds: place.rounds.map((marks) => ({ marks })),
    at: place.at,
    pending: place.pending,
    results: (answer?.results || []).map(({ rank, row, key, label, distance, score }) => ({
      rank,
      row,
      key,
      label,
      distance,
      score,
      marked: mark(row),
    })),
  };
  return `${JSON.stringify(saved, null, 1)}\n`;
}

/** @param {number} row */
function mark(row) {
  return current(roundsShown(), state.place.pending, row);
}

/** The results shown, and what was marked and is not among them, as CSV (RFC 4180). */
export function toCsv() {
  const { answer, place } = state;
  const lines = [["rank", "row", "key", "label", "distance", "score", "mark", "round"]];
  for (const item of answer?.results || []) {
    const now = mark(item.row);
    lines.push([
      String(item.rank),
      String(item.row),
      item.key,
      labelText(item.label),
      String(item.distance),
      item.score === undefined ? "" : String(item.score),
      now === null ? "" : now ? "+" : "-",
      String(place.at),
    ]);
  }
  const shown = new Set((answer?.results || []).map((item) => item.row));
  for (const { row, key, relevant } of standing([...roundsShown(), place.pending]).values()) {
    if (shown.has(row)) continue;
    const sign = relevant ? "+" : "-";
    lines.push(["", String(row), key || "", "", "", "", sign, String(place.at)]);
  }
  return lines.map((cells) => cells.map(csvCell).join(",")).join("\r\n") + "\r\n";
}

/** @param {string} text */
function csvCell(text) {
  return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}

/**
 * Read a session's file.
 * @param {string} text
 * @param {string} name of the file, for the message
 * @returns {{book: string, rows: number | null, place: Partial<Place>}}
 */
export function parse(text, name) {
  /** @type {any} */
  let read;
  try {
    read = JSON.parse(text);
  } catch {
    throw new ApiError(
      `“${name}” is not a session: it is not JSON. Choose a file that this page saved.`,
      400,
    );
  }
  if (!read || read.format !== FORMAT)
    throw new ApiError(
      `“${name}” is JSON, but not a session of this page. Choose a file that this page saved.`,
      400,
    );
  if (read.version !== VERSION)
    throw new ApiError(
      `“${name}” is a session of version ${read.version}, and this page reads version ${VERSION}; open it with the aehash that saved it.`,
      400,
    );
  const damaged = (/** @type {string} */ what) =>
    new ApiError(`“${name}” is a damaged session: ${what}. Nothing was changed.`, 400);
  if (typeof read.codebook?.name !== "string") throw damaged("it names no codebook");
  const query = readQuery(read.query);
  if (!query) throw damaged("its query is neither a row nor a code");
  const rounds = list(read.rounds)?.map((/** @type {any} */ round) => marks(round?.marks));
  if (!rounds || rounds.includes(null)) throw damaged("its rounds cannot be read");
  const pending = marks(read.pending ?? []);
  if (!pending) throw damaged("its marks cannot be read");
  const options = readOptions(read.options);
  if (!options) throw damaged("its settings cannot be read");
  const at = Number.isInteger(read.at)
    ? Math.min(Math.max(0, read.at), rounds.length)
    : rounds.length;
  return {
    book: read.codebook.name,
    rows: Number.isInteger(read.codebook.rows) ? read.codebook.rows : null,
    place: {
      query,
      options,
      rounds: /** @type {Mark[][]} */ (rounds),
      at,
      pending,
      view: "search",
    },
  };
}

/**
 * @param {any} query
 * @returns {import("./link.js").Query | null}
 */
function readQuery(query) {
  const key = typeof query?.key === "string" ? query.key : undefined;
  if (isRow(query?.row)) return { kind: "row", row: query.row, key };
  if (typeof query?.query === "string" && query.query) return { kind: "code", code: query.query };
  return null;
}

/**
 * @param {any} given
 * @returns {import("./link.js").Options | null}
 */
function readOptions(given) {
  const { metric, by, k, radius, label } = { ...standardOptions(), ...given };
  const words = typeof metric === "string" && typeof label === "string";
  const numbers = Number.isInteger(k) && k > 0 && Number.isFinite(radius) && radius >= 0;
  return words && numbers && (by === "k" || by === "radius")
    ? { metric, by, k, radius, label }
    : null;
}

/**
 * @param {any} given
 * @returns {Mark[] | null}
 */
function marks(given) {
  const all = list(given);
  if (!all) return null;
  const good = all.every(
    (one) => isRow(one?.row) && (one.relevant === null || typeof one.relevant === "boolean"),
  );
  if (!good) return null;
  return all.map(({ row, key, relevant }) =>
    typeof key === "string" ? { row, key, relevant } : { row, relevant },
  );
}

/**
 * @param {any} given
 * @returns {any[] | null}
 */
function list(given) {
  return Array.isArray(given) ? given : null;
}

/** @param {any} row */
function isRow(row) {
  return Number.isInteger(row) && row >= 0;
}

/**
 * Hold a session against the server: its codebook must be there, and be the same.
 * @param {ReturnType<typeof parse>} session
 */
export async function check({ book, rows, place }) {
  const shown = state.books.find((one) => one.name === book);
  if (!shown) {
    const names = state.books.map((one) => `“${one.name}”`).join(", ");
    throw new ApiError(
      `The session is of the codebook “${book}”, which this server does not have; it has ${names}. Start it with --codes and that codebook's folder.`,
      400,
    );
  }
  const changed = `The codebook “${book}” has changed since the session was saved, so its marks no longer fit`;
  if (rows !== null && rows !== shown.rows)
    throw new ApiError(`${changed}: it had ${rows} rows and has ${shown.rows}.`, 400);
  const keyed = [
    ...(place.rounds || []).flat(),
    ...(place.query?.kind === "row" ? [place.query] : []),
  ];
  for (const { row, key } of keyed.filter((one) => one.key).slice(0, 12)) {
    const item = await getJson(bookPath(book, `items/${row}`));
    if (item.key !== key)
      throw new ApiError(`${changed}: row ${row} was “${key}” and is “${item.key}”.`, 400);
  }
}
