/** Saying yes or no to an image, from wherever it is seen. */

import { announce } from "./dom.js";
import { current, press } from "./marks.js";
import { go } from "./search.js";
import { emit, roundsShown, state } from "./store.js";

/**
 * Say yes or no to a result; the same again takes it back.
 * @param {{row: number, key: string}} item
 * @param {boolean} relevant
 */
export function pressMark(item, relevant) {
  if (item.row === state.answer?.query.row) {
    announce("This is the query itself, which counts as right anyway.");
    return;
  }
  const { pending } = state.place;
  go({ pending: press(roundsShown(), pending, item, relevant) }, { replace: true });
  const now = current(roundsShown(), state.place.pending, item.row);
  const said = now === null ? "unmarked" : now ? "marked: more like this" : "marked: not this";
  announce(`${item.key} ${said}.`);
  emit("marks");
}
