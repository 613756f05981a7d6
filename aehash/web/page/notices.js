/** Sentences about what went wrong, above everything else, with a way on. */

import { byId, h, icon } from "./dom.js";

/**
 * Show a sentence.
 * @param {string} text
 * @param {{kind?: "error" | "note", retry?: (() => void) | null}} [options]
 */
export function notice(text, { kind = "error", retry = null } = {}) {
  const place = byId("notices");
  const body = h("p", {}, text);
  const close = h(
    "button",
    { type: "button", class: "plain", "aria-label": "Dismiss" },
    icon("close"),
  );
  close.addEventListener("click", clearNotice);
  const again = retry && h("button", { type: "button" }, "Try again");
  again?.addEventListener("click", () => {
    clearNotice();
    retry?.();
  });
  const box = h("div", { class: `notice ${kind}` }, icon(kind), body, again, close);
  // A region that exists already is announced when it is filled.
  place.replaceChildren(box);
}

export function clearNotice() {
  byId("notices").replaceChildren();
}

/**
 * Say an error, with a retry where trying again may help.
 * @param {unknown} error
 * @param {() => void} [retry]
 */
export function fail(error, retry) {
  const known = /** @type {{message?: string, status?: number, name?: string}} */ (error);
  if (known.name === "AbortError") return;
  if (known.name !== "ApiError") console.error(error);
  const status = known.status ?? 0;
  const hopeful = status === 0 || status === 429 || status >= 500 || status === 401;
  notice(known.message || String(error), { retry: hopeful ? retry : null });
}
