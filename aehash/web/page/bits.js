/** Codes as strips of bits: two strips, and a tick wherever they differ. */

import { h, plural, svg } from "./dom.js";

/**
 * @param {string} hex packed, the first bit highest
 * @param {number} bits
 * @returns {Uint8Array} of 0 and 1
 */
export function unpack(hex, bits) {
  const found = new Uint8Array(bits);
  for (let at = 0; at < bits; at += 1) {
    const nibble = Number.parseInt(hex[at >> 2] || "0", 16);
    found[at] = (nibble >> (3 - (at & 3))) & 1;
  }
  return found;
}

/**
 * The positions at which two codes differ, from 0.
 * @param {Uint8Array} one
 * @param {Uint8Array} other
 */
export function differing(one, other) {
  const places = [];
  for (let at = 0; at < one.length; at += 1) if (one[at] !== other[at]) places.push(at);
  return places;
}

const CELL = 10;
const STRIP = 12;
const TICK = 9;

/**
 * Draw the two codes, some bits to a line.
 * @param {Uint8Array} query
 * @param {Uint8Array} item
 * @returns {HTMLElement}
 */
export function strips(query, item) {
  const places = differing(query, item);
  const across = query.length % 48 === 0 ? 48 : query.length <= 128 ? 32 : 64;
  const lines = Math.ceil(query.length / across);
  const line = STRIP * 2 + TICK + 14;
  const drawing = svg(
    "svg",
    {
      class: "strips",
      role: "img",
      "aria-label": describe(places, query.length),
      viewBox: `-1 -1 ${Math.min(across, query.length) * CELL + 2} ${lines * line - 12}`,
    },
    svg("path", {
      class: "bit-off",
      d: cells(query, across, line, 0, 0) + cells(item, across, line, STRIP + TICK, 0),
    }),
    svg("path", {
      class: "bit-on",
      d: cells(query, across, line, 0, 1) + cells(item, across, line, STRIP + TICK, 1),
    }),
    svg("path", { class: "bit-differs", d: ticks(places, across, line) }),
  );
  const legend = h(
    "p",
    { class: "legend" },
    h("span", { class: "key-on" }, "1"),
    h("span", { class: "key-off" }, "0"),
    h("span", { class: "key-differs" }, "differs"),
    h("span", { class: "rows" }, "Above: query. Below: result."),
  );
  return h("div", {}, drawing, legend);
}

/**
 * @param {number[]} places
 * @param {number} bits
 */
function describe(places, bits) {
  if (!places.length) return `All ${bits} bits are the same.`;
  const named = places
    .slice(0, 40)
    .map((at) => at + 1)
    .join(", ");
  const rest = places.length > 40 ? ` and ${places.length - 40} more` : "";
  return `${plural(places.length, "bit")} of ${bits} differ: ${named}${rest}.`;
}

/**
 * @param {Uint8Array} code
 * @param {number} across
 * @param {number} line
 * @param {number} down
 * @param {number} wanted
 */
function cells(code, across, line, down, wanted) {
  let path = "";
  for (let at = 0; at < code.length; at += 1) {
    if (code[at] !== wanted) continue;
    const x = (at % across) * CELL + 0.75;
    const y = Math.floor(at / across) * line + down;
    path += `M${x} ${y}h${CELL - 1.5}v${STRIP}h${1.5 - CELL}z`;
  }
  return path;
}

/**
 * A small hourglass between the two cells.
 * @param {number[]} places
 * @param {number} across
 * @param {number} line
 */
function ticks(places, across, line) {
  let path = "";
  for (const at of places) {
    const x = (at % across) * CELL + CELL / 2;
    const y = Math.floor(at / across) * line + STRIP + 1;
    const high = TICK - 2;
    path += `M${x - 3.4} ${y}h6.8L${x} ${y + high / 2}zM${x - 3.4} ${y + high}h6.8L${x} ${y + high / 2}z`;
  }
  return path;
}
