/** One image of the database, as results and the pages without a query show it. */

import { h, measure, shorten } from "./dom.js";
import { blank, thumbnail } from "./pictures.js";

/** @typedef {import("./store.js").Result} Result */

/**
 * The name of an image's class or classes.
 * @param {string | string[] | null | undefined} label
 */
export function labelText(label) {
  return Array.isArray(label) ? label.join(", ") : label || "";
}

/**
 * A tile that opens something when it is pressed.
 * @param {object} given
 * @param {string} given.book
 * @param {Partial<Result> & {row: number, key: string}} given.item
 * @param {string} given.says what pressing does, for the accessible name
 * @param {(event: MouseEvent) => void} given.press
 * @param {string} [given.value] the distance as it is read
 * @param {HTMLElement | null} [given.marks] the + and − of a result
 * @param {boolean} [given.images] whether the codebook has pictures
 */
export function tile({ book, item, says, press, value = "", marks = null, images = true }) {
  const label = labelText(item.label);
  const name = [says, item.key, label && `class ${label}`, value].filter(Boolean).join(", ");
  const picture = images ? thumbnail(book, item.row, 224, "") : blank("");
  const face = h("button", { type: "button", class: "face", "aria-label": name }, picture);
  face.addEventListener("click", press);
  const caption = h(
    "div",
    { class: "caption" },
    value && h("span", { class: "distance" }, value),
    label && h("span", { class: "label", title: label }, label),
    h("span", { class: "key", title: item.key }, shorten(item.key, 30)),
  );
  return h("li", { class: "tile", data: { row: String(item.row) } }, face, marks, caption);
}

/**
 * The distance as it is read under a tile.
 * @param {number} distance
 * @param {string} metric
 */
export function distanceText(distance, metric) {
  if (metric === "hamming") return `${measure(distance)} ${distance === 1 ? "bit" : "bits"}`;
  return measure(distance);
}
