/** The menu that saves, opens and shares a session. */

import { ApiError } from "./api.js";
import { announce, byId, h } from "./dom.js";
import { encode } from "./link.js";
import { clearNotice, fail, notice } from "./notices.js";
import { go } from "./search.js";
import { check, parse, toCsv, toJson } from "./session.js";
import { on, state } from "./store.js";

const menu = /** @type {HTMLDetailsElement} */ (byId("save"));
const chooser = /** @type {HTMLInputElement} */ (byId("session-file"));
const LARGEST = 50e6;

export function start() {
  byId("save-json").addEventListener("click", () => {
    download(toJson(), "application/json", "json");
  });
  byId("save-csv").addEventListener("click", () => {
    download(toCsv(), "text/csv", "csv");
  });
  byId("share").addEventListener("click", share);
  chooser.addEventListener("change", () => {
    const file = chooser.files?.[0];
    menu.open = false;
    if (file) openSession(file);
    chooser.value = "";
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary")?.focus();
  });
  document.addEventListener("click", (event) => {
    if (!menu.contains(/** @type {Node} */ (event.target))) menu.open = false;
  });
  on("search", show);
  on("ended", show);
}

function show() {
  const ready = Boolean(state.answer) && !state.busy;
  for (const id of ["save-json", "save-csv", "share"])
    /** @type {HTMLButtonElement} */ (byId(id)).disabled = !ready;
}

/**
 * @param {string} text
 * @param {string} type
 * @param {string} ending
 */
function download(text, type, ending) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const time = new Date().toISOString().slice(0, 16).replace(/[T:]/g, "-");
  const name = `aehash-${state.place.book.replace(/[^\w.-]+/g, "-")}-${time}.${ending}`;
  const anchor = h("a", { href: address, download: name });
  document.body.append(anchor);
  anchor.click();
  anchor.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
  menu.open = false;
  announce(`Saved as ${name}.`);
}

/** @param {File} file */
async function openSession(file) {
  try {
    if (file.size > LARGEST)
      throw new ApiError(`“${file.name}” is too large to be a session.`, 400);
    const session = parse(await file.text(), file.name);
    await check(session);
    clearNotice();
    go({ book: session.book, ...session.place }, { again: true });
    announce(`Opened ${file.name}.`);
  } catch (error) {
    fail(error, () => openSession(file));
  }
}

async function share() {
  menu.open = false;
  const { origin, pathname } = window.location;
  const link = `${origin}${pathname}${encode(state.place)}`;
  const long = link.length > 8000 ? " It is long, since it holds the query's features." : "";
  try {
    await navigator.clipboard.writeText(link);
    notice(`The link is copied: whoever opens it on this server sees the same search.${long}`, {
      kind: "note",
    });
  } catch {
    notice("The browser does not let the page copy; the link stands in the address bar.", {
      kind: "note",
    });
  }
}
