/** The colours of the map's points: one for each class while classes are few. */

import { count, h } from "./dom.js";
import { NO_CLASS } from "./map_view.js";

/** Told apart by most eyes, on light and on dark (after Okabe and Ito, and Tol). */
const LIGHT = [
  "#0077bb",
  "#cc5500",
  "#11805f",
  "#b3286e",
  "#7a5fc7",
  "#8a6d00",
  "#008fa8",
  "#c03a3a",
  "#5b7f17",
  "#7d5a45",
];
const DARK = [
  "#5db3f0",
  "#f59a4a",
  "#4fc79b",
  "#f07fb5",
  "#b3a0ff",
  "#e0c040",
  "#4fd0e0",
  "#ff8a80",
  "#a9cf5a",
  "#cfa88f",
];
const FADED = 26;

/** @typedef {import("./store.js").Book} Book */

/** @param {Book | null} book */
function few(book) {
  const many = book?.classes?.length || 0;
  return many > 1 && many <= LIGHT.length;
}

/** @returns {string[]} */
function palette() {
  return document.documentElement.dataset.theme === "dark" ? DARK : LIGHT;
}

/**
 * @param {string} text
 * @returns {[number, number, number]}
 */
function rgb(text) {
  const number = Number.parseInt(text.slice(1), 16);
  return [number >> 16, (number >> 8) & 255, number & 255];
}

/**
 * Four bytes a point.
 * @param {import("./map_view.js").Points} points
 * @param {Book | null} book
 * @param {Element} surface whose style has the neutral colour
 * @param {number | null} only
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function colours(points, book, surface, only) {
  const neutral = rgb(getComputedStyle(surface).getPropertyValue("--point").trim() || "#888888");
  const tints = few(book) ? palette().map(rgb) : [];
  const filled = new Uint8Array(points.count * 4);
  for (let at = 0; at < points.count; at += 1) {
    const kind = points.classes[at];
    const tint = kind === NO_CLASS ? neutral : tints[kind] || neutral;
    filled.set(tint, at * 4);
    filled[at * 4 + 3] = only === null || only === kind ? 255 : FADED;
  }
  return filled;
}

/**
 * The classes and their colours; pressing one leaves the others faint.
 * @param {Book | null} book
 * @param {number | null} only
 * @param {(chosen: number | null) => void} choose
 */
export function legend(book, only, choose) {
  if (!few(book) || !book?.classes) return [];
  const tints = palette();
  return book.classes.map(({ name, count: many }, at) => {
    const dot = h("span", { class: "dot" });
    dot.style.backgroundColor = tints[at];
    const button = h(
      "button",
      {
        type: "button",
        class: "chip",
        "aria-pressed": String(only === at),
        data: { class: String(at) },
      },
      dot,
      h("span", {}, name),
      h("small", {}, count(many)),
    );
    button.addEventListener("click", () => choose(only === at ? null : at));
    return h("li", {}, button);
  });
}
