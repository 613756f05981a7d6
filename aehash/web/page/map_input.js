/** Moving the map: mouse, wheel, one finger, two fingers, keys. */

/** @typedef {import("./map_view.js").Window} Window */

/**
 * @typedef {object} Moves
 * @property {() => void} moved the window changed
 * @property {(left: number, top: number) => void} hover
 * @property {(left: number, top: number) => void} click
 * @property {() => void} enter the Enter key: what lies at the centre
 */

/**
 * @param {HTMLElement} surface
 * @param {Window} window
 * @param {Moves} moves
 */
export function listen(surface, window, moves) {
  pointers(surface, window, moves);
  surface.addEventListener("keydown", (event) => keys(event, window, moves));
  surface.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const [left, top] = inside(surface, event);
      const lines = event.deltaMode === 1 ? 30 : 1;
      window.zoom(Math.exp(-event.deltaY * lines * 0.0016), left, top);
      moves.moved();
    },
    { passive: false },
  );
}

/**
 * @param {HTMLElement} surface
 * @param {{clientX: number, clientY: number}} event
 * @returns {[number, number]}
 */
function inside(surface, event) {
  const box = surface.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}

/**
 * @param {HTMLElement} surface
 * @param {Window} window
 * @param {Moves} moves
 */
function pointers(surface, window, moves) {
  /** @type {Map<number, [number, number]>} */
  const down = new Map();
  let travelled = 0;
  surface.addEventListener("pointerdown", (event) => {
    surface.setPointerCapture(event.pointerId);
    down.set(event.pointerId, inside(surface, event));
    if (down.size === 1) travelled = 0;
  });
  surface.addEventListener("pointermove", (event) => {
    const now = inside(surface, event);
    const before = down.get(event.pointerId);
    if (!before) {
      moves.hover(...now);
      return;
    }
    const other = [...down].find(([id]) => id !== event.pointerId)?.[1];
    if (other) pinch(window, before, now, other);
    else window.pan(now[0] - before[0], now[1] - before[1]);
    travelled += Math.hypot(now[0] - before[0], now[1] - before[1]);
    down.set(event.pointerId, now);
    moves.moved();
  });
  const up = (/** @type {PointerEvent} */ event) => {
    const was = down.delete(event.pointerId);
    if (was && event.type === "pointerup" && !down.size && travelled < 5)
      moves.click(...inside(surface, event));
  };
  surface.addEventListener("pointerup", up);
  surface.addEventListener("pointercancel", up);
}

/**
 * @param {Window} window
 * @param {[number, number]} before
 * @param {[number, number]} now
 * @param {[number, number]} other
 */
function pinch(window, before, now, other) {
  const wide = (/** @type {[number, number]} */ one) =>
    Math.hypot(one[0] - other[0], one[1] - other[1]);
  window.pan((now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
  window.zoom(
    wide(now) / Math.max(1, wide(before)),
    (now[0] + other[0]) / 2,
    (now[1] + other[1]) / 2,
  );
}

/**
 * @param {KeyboardEvent} event
 * @param {Window} window
 * @param {Moves} moves
 */
function keys(event, window, moves) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const step = Math.min(window.width, window.height) / 8;
  const act = {
    ArrowLeft: () => window.pan(step, 0),
    ArrowRight: () => window.pan(-step, 0),
    ArrowUp: () => window.pan(0, step),
    ArrowDown: () => window.pan(0, -step),
    "+": () => window.zoom(1.4),
    "=": () => window.zoom(1.4),
    "-": () => window.zoom(1 / 1.4),
    0: () => window.fit(),
  }[event.key];
  if (event.key === "Enter") moves.enter();
  else if (!act) return;
  event.preventDefault();
  act?.();
  moves.moved();
}
