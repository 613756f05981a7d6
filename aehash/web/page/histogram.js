/** How far the whole database is from the query, with the cut of the results. */

import { count, h, svg } from "./dom.js";

const WIDE = 320;
const HIGH = 96;
const FOOT = 16;

/**
 * @param {import("./store.js").Histogram} histogram
 * @param {number | null} [here] the distance, or score, of the image that is looked at
 * @returns {HTMLElement}
 */
export function chart(histogram, here = null) {
  const { distances, counts, cut, width: step, metric } = histogram;
  const [first, last] = ends(counts, metric === "score");
  const low = metric === "score" ? distances[first] : 0;
  const high = distances[last] + step;
  const most = Math.max(1, ...counts);
  const x = (/** @type {number} */ value) => ((value - low) / (high - low || 1)) * WIDE;
  // A count of bits is a bar of its own, and stands in its middle.
  const middle = metric === "hamming" ? step / 2 : 0;
  const broad = x(low + step);
  const gap = broad > 3 ? 1 : 0;
  const bars = ["", ""];
  for (let at = first; at <= last; at += 1) {
    if (!counts[at]) continue;
    const tall = Math.max(2, (counts[at] / most) * (HIGH - 4));
    const inside = cut !== null && among(distances[at], cut, metric);
    bars[inside ? 1 : 0] +=
      `M${x(distances[at]).toFixed(2)} ${HIGH}v${-tall.toFixed(2)}h${(broad - gap).toFixed(2)}V${HIGH}z`;
  }
  const edge = metric === "hamming" ? step : 0;
  return h(
    "div",
    { class: "chart" },
    svg(
      "svg",
      {
        class: "histogram",
        role: "img",
        "aria-label": describe(histogram, here),
        viewBox: `-6 -10 ${WIDE + 12} ${HIGH + FOOT + 12}`,
      },
      svg("path", { class: "bar", d: bars[0] }),
      svg("path", { class: "bar inside", d: bars[1] }),
      svg("path", { class: "axis", d: `M0 ${HIGH}H${WIDE}` }),
      cut !== null && svg("path", { class: "cut", d: `M${x(cut + edge).toFixed(2)} -8V${HIGH}` }),
      here !== null &&
        svg("path", { class: "here", d: `M${x(here + middle).toFixed(2)} ${HIGH + 1}l-5 9h10z` }),
      text(0, "start", brief(low)),
      text(WIDE, "end", `${brief(high - edge)} ${metric === "hamming" ? "bits" : ""}`),
    ),
  );
}

/**
 * The first and last bin that are drawn: empty ends are left out, but distances begin at 0.
 * @param {number[]} counts
 * @param {boolean} both
 * @returns {[number, number]}
 */
function ends(counts, both) {
  let last = counts.length - 1;
  while (last > 0 && !counts[last]) last -= 1;
  let first = 0;
  while (both && first < last && !counts[first]) first += 1;
  return [first, last];
}

/**
 * Whether a bin holds results: near in distance, or high in score.
 * @param {number} value
 * @param {number} cut
 * @param {import("./store.js").Histogram["metric"]} metric
 */
function among(value, cut, metric) {
  return metric === "score" ? value >= cut - 1e-9 : value <= cut + 1e-9;
}

/** @param {number} value */
function brief(value) {
  return String(Number(value.toPrecision(3))).replace("-", "\u2212");
}

/**
 * What a histogram is of.
 * @param {import("./store.js").Histogram} histogram
 */
export function title({ metric }) {
  return `${metric === "score" ? "Scores" : "Distances"} in the collection`;
}

/**
 * @param {number} x
 * @param {string} anchor
 * @param {string} said
 */
function text(x, anchor, said) {
  return svg("text", { x, y: HIGH + FOOT - 2, "text-anchor": anchor }, said);
}

/**
 * @param {import("./store.js").Histogram} histogram
 * @param {number | null} here
 */
function describe({ distances, counts, cut, metric }, here) {
  const all = counts.reduce((sum, many) => sum + many, 0);
  const what = metric === "score" ? "Scores" : "Distances";
  const unit = metric === "hamming" ? " bits" : "";
  const most = distances[counts.indexOf(Math.max(...counts))] ?? 0;
  const parts = [`${what} of ${count(all)} images`, `most at about ${brief(most)}${unit}`];
  if (cut !== null) parts.push(`the results end at ${brief(cut)}${unit}`);
  if (here !== null) parts.push(`this image is at ${brief(here)}${unit}`);
  return `${parts.join(", ")}.`;
}
