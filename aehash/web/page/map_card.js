/** The image under the pointer, or under the cross of the keys, beside the map. */

import { bookPath, getJson } from "./api.js";
import { announce, byId, h, shorten } from "./dom.js";
import { NO_CLASS } from "./map_view.js";
import { blank, thumbnail } from "./pictures.js";
import { searchFor } from "./search.js";
import { book, state } from "./store.js";
import { labelText } from "./tile.js";

const REST = 180;

let asked = 0;

/**
 * Show an image of the map.
 * @param {import("./map_view.js").Points} points
 * @param {number} at its place among the points, or −1 for none
 * @param {boolean} aloud say its key, since the keys led to it
 */
export async function showCard(points, at, aloud) {
  const mine = ++asked;
  byId("map-card").hidden = at < 0;
  if (at < 0) return;
  const name = state.place.book;
  const row = points.rows[at];
  const kind = points.classes[at];
  const label = kind === NO_CLASS ? "" : book()?.classes?.[kind]?.name || "";
  const [key, said] = draw(row, label);
  // Wait until the pointer rests, so that sweeping over the map asks for little.
  await new Promise((resolve) => setTimeout(resolve, REST));
  if (mine !== asked) return;
  try {
    const item = await getJson(bookPath(name, `items/${row}`));
    if (mine !== asked) return;
    key.textContent = shorten(item.key, 40);
    key.title = item.key;
    said.textContent = labelText(item.label) || label;
    if (aloud) announce(`${item.key} ${said.textContent}. Enter searches with it.`);
  } catch {
    // The row's number stands there already.
  }
}

/**
 * @param {number} row
 * @param {string} label
 * @returns {[HTMLElement, HTMLElement]} where its key and its class are said
 */
function draw(row, label) {
  const search = h("button", { type: "button", class: "primary" }, "Search with this image");
  search.addEventListener("click", () => searchFor({ kind: "row", row }));
  const key = h("p", { class: "key" }, `Row ${row}`);
  const said = h("p", { class: "label" }, label);
  const picture = book()?.images ? thumbnail(state.place.book, row, 224, "") : blank("No picture");
  const words = h("div", { class: "words" }, key, said, search);
  byId("map-card").replaceChildren(h("div", { class: "frame" }, picture), words);
  return [key, said];
}
