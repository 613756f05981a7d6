/** The page: put its parts together, ask the server what it has, go where the address says. */

import { getJson, onTokenNeeded } from "./api.js";
import { start as startCrop } from "./crop.js";
import { byId } from "./dom.js";
import { start as startExplore } from "./explore.js";
import { chart, title as distancesTitle } from "./histogram.js";
import { VIEWS, decode, encode } from "./link.js";
import { start as startMap } from "./map.js";
import { clearNotice, fail, notice } from "./notices.js";
import { start as startQuery, welcome } from "./query.js";
import { start as startResults } from "./results.js";
import { start as startRounds } from "./rounds.js";
import { start as startSaving } from "./saving.js";
import { arrive, go } from "./search.js";
import { start as startSettings } from "./settings.js";
import { book, emit, on, state } from "./store.js";
import { start as startWhy } from "./why.js";

const PAUSE = 1500;

/** Take the address's place, as far as this server has it. */
function take() {
  const { place, faults } = decode(window.location.hash);
  const names = state.books.map((one) => one.name);
  if (place.book && !names.includes(place.book)) {
    const has = names.map((name) => `“${name}”`).join(", ");
    faults.push(`This server has no codebook “${place.book}”; it has ${has}.`);
    Object.assign(place, { query: null, rounds: [], at: 0, pending: [] });
  }
  if (!names.includes(place.book)) place.book = names[0];
  const shown = state.books.find((one) => one.name === place.book);
  const metrics = shown?.metrics || [];
  if (!metrics.includes(place.options.metric)) {
    if (place.options.metric)
      faults.push(
        `“${place.book}” has no comparison “${place.options.metric}”; it has ${metrics.join(", ")}.`,
      );
    place.options.metric = metrics[0] || "";
  }
  arrive(place);
  if (faults.length) notice(faults.join(" "), { kind: "note" });
}

/** Ask for the codebooks, and go on asking while a model is loading. */
async function begin() {
  document.body.dataset.state = "loading";
  clearNotice();
  try {
    await books();
  } catch (error) {
    document.body.dataset.state = "failed";
    fail(error, begin);
    return;
  }
  if (!state.books.length) {
    document.body.dataset.state = "failed";
    notice(
      "This server has no codebook. Start it again with “aehash serve --codes” and a codebook's folder.",
      { retry: begin },
    );
    return;
  }
  document.body.dataset.state = "ready";
  take();
  welcome();
  watch();
}

async function books() {
  const told = await getJson("codebooks");
  state.books = told.codebooks;
  state.limits = told.limits || {};
  emit("books");
}

function watch() {
  if (!state.books.some((one) => one.model?.state === "loading")) return;
  window.setTimeout(async () => {
    try {
      await books();
    } catch {
      // The next search says that the server is gone; here it is only asked again.
    }
    watch();
  }, PAUSE);
}

/** Show the part of the page that the place is in. */
function view() {
  for (const name of VIEWS) {
    byId(`view-${name}`).hidden = state.place.view !== name;
    const link = /** @type {HTMLAnchorElement} */ (byId(`to-${name}`));
    link.href = encode({ ...state.place, view: name });
    if (state.place.view === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const title = { search: "Search", map: "Map", explore: "Explore" }[state.place.view];
  document.title = `${title} · ${state.place.book || "aehash"}`;
}

/** The distances beside the settings. */
function distances() {
  const { answer, place } = state;
  const histogram = answer?.histogram;
  const empty = !histogram?.counts.length || !place.query;
  byId("distances").hidden = empty;
  if (!histogram || empty) return;
  byId("distances-title").textContent = distancesTitle(histogram);
  byId("distances-chart").replaceChildren(chart(histogram));
}

/** The pages' links keep what their address cannot say: a picture that is on its way. */
function pages() {
  for (const name of VIEWS)
    byId(`to-${name}`).addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
      event.preventDefault();
      go({ view: name });
    });
}

/** On a narrow screen the settings are folded away; on a wide one they are always there. */
function folding() {
  const settings = /** @type {HTMLDetailsElement} */ (byId("settings"));
  const narrow = window.matchMedia("(width <= 48rem)");
  const fold = () => {
    settings.open = !narrow.matches;
  };
  narrow.addEventListener("change", fold);
  fold();
}

function theme() {
  const button = byId("theme");
  const show = () => {
    const dark = document.documentElement.dataset.theme === "dark";
    button.setAttribute("aria-pressed", String(dark));
  };
  button.addEventListener("click", () => {
    const next = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    try {
      window.localStorage.setItem("aehash-theme", next);
    } catch {
      document.documentElement.dataset.theme = next;
    }
    document.dispatchEvent(new CustomEvent("themewish"));
  });
  document.addEventListener("themechange", show);
  show();
}

function dialogs() {
  const keys = /** @type {HTMLDialogElement} */ (byId("keys"));
  byId("begin-again").addEventListener("click", begin);
  byId("show-keys").addEventListener("click", () => keys.showModal());
  document.addEventListener("keydown", (event) => {
    const typing = /** @type {Element} */ (event.target).closest("input, select, textarea, dialog");
    if (event.key === "?" && !typing) keys.showModal();
  });
  const skip = /** @type {HTMLElement} */ (document.querySelector(".skip"));
  skip.addEventListener("click", (event) => {
    // The address holds the search; a jump inside the page must not take its place.
    event.preventDefault();
    const shown = /** @type {HTMLElement} */ (document.querySelector("main:not([hidden])"));
    const inner = state.place.view === "search" ? byId("main") : shown;
    inner.tabIndex = -1;
    inner.focus();
  });
  for (const button of document.querySelectorAll("[data-close]"))
    button.addEventListener("click", () => button.closest("dialog")?.close());
}

/** @type {Promise<string | null> | null} */
let asking = null;

/**
 * Ask the reader for the server's token, once for all requests that need it.
 * @param {boolean} refused whether another one was given before
 */
function askToken(refused) {
  asking ??= new Promise((resolve) => {
    const dialog = /** @type {HTMLDialogElement} */ (byId("token"));
    const input = /** @type {HTMLInputElement} */ (byId("token-value"));
    input.value = "";
    byId("token-said").textContent = refused ? "That is not this server's token." : "";
    dialog.returnValue = "";
    dialog.showModal();
    dialog.addEventListener(
      "close",
      () => {
        asking = null;
        resolve(dialog.returnValue === "ok" ? input.value.trim() : null);
      },
      { once: true },
    );
  });
  return asking;
}

for (const start of [
  theme,
  pages,
  folding,
  dialogs,
  startSettings,
  startQuery,
  startCrop,
  startResults,
  startRounds,
  startWhy,
  startSaving,
  startMap,
  startExplore,
])
  start();
onTokenNeeded(askToken);
on("place", view);
on("query", view);
on("search", distances);
on("ended", distances);
window.addEventListener("popstate", () => {
  if (book()) take();
});
begin();
