/** The rounds of feedback: what was marked, search again, back and forward. */

import { byId, h, plural } from "./dom.js";
import { tally } from "./marks.js";
import { go, said, searchAgain, stepTo } from "./search.js";
import { emit, on, state } from "./store.js";

export function start() {
  byId("again").addEventListener("click", () => {
    searchAgain();
    byId("results-title").focus();
    window.scrollTo({ top: 0 });
  });
  byId("unmark").addEventListener("click", () => {
    go({ pending: [] }, { replace: true });
    emit("marks");
    byId("results-title").focus();
  });
  byId("back").addEventListener("click", () => stepTo(state.place.at - 1));
  byId("forward").addEventListener("click", () => stepTo(state.place.at + 1));
  on("place", show);
  on("marks", show);
  on("search", show);
}

function show() {
  bar();
  steps();
}

function bar() {
  const { pending } = state.place;
  const { yes, no, back } = tally(pending);
  const parts = [];
  if (yes) parts.push(`${yes} more like this`);
  if (no) parts.push(`${no} not like this`);
  if (back) parts.push(`${plural(back, "mark")} taken back`);
  byId("mark-bar").hidden = !pending.length || !state.place.query;
  byId("mark-count").textContent = parts.join(", ");
}

function steps() {
  const { rounds, at } = state.place;
  byId("rounds").hidden = !rounds.length;
  const back = /** @type {HTMLButtonElement} */ (byId("back"));
  const forward = /** @type {HTMLButtonElement} */ (byId("forward"));
  back.disabled = at <= 0;
  forward.disabled = at >= rounds.length;
  const all = [null, ...rounds].map((marks, number) => step(marks, number, number === at));
  byId("steps").replaceChildren(...all);
}

/**
 * @param {import("./marks.js").Mark[] | null} marks
 * @param {number} number
 * @param {boolean} here
 */
function step(marks, number, here) {
  const name = marks ? `Round ${number}` : "First search";
  const detail = marks ? said(marks) : "";
  const button = h(
    "button",
    { type: "button", class: "step", "aria-current": here ? "step" : null },
    h("span", {}, name),
    detail && h("small", {}, detail),
  );
  button.addEventListener("click", () => stepTo(number));
  return h("li", {}, button);
}
