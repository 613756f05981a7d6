/** What lies over the points of the map: the query, its results, what is looked at. */

/**
 * @typedef {object} Overlay
 * @property {[number, number] | null} query
 * @property {{place: [number, number], mark: boolean | null}[]} results
 * @property {[number, number] | null} looked
 * @property {boolean} cross show the centre, for the keys
 */

/** @typedef {import("./map_view.js").Window} Window */

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Window} window
 * @param {Overlay} overlay
 */
export function drawOverlay(canvas, window, overlay) {
  const context = canvas.getContext("2d");
  if (!context) return;
  const colours = tokens(canvas);
  const ratio = canvas.width / window.width;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, window.width, window.height);
  for (const { place, mark } of overlay.results)
    result(context, window.pixel(...place), mark, colours);
  if (overlay.looked) ring(context, window.pixel(...overlay.looked), 9, colours.ink, 2);
  if (overlay.query) query(context, window.pixel(...overlay.query), colours);
  if (overlay.cross) cross(context, window.width / 2, window.height / 2, colours.ink);
}

/** @param {Element} element */
function tokens(element) {
  const style = getComputedStyle(element);
  const read = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  return {
    ink: read("--ink"),
    paper: read("--paper"),
    accent: read("--accent"),
    yes: read("--yes"),
    no: read("--no"),
    font: style.fontFamily,
  };
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {[number, number]} at
 * @param {number} radius
 * @param {string} colour
 * @param {number} width
 */
function ring(context, [left, top], radius, colour, width) {
  context.beginPath();
  context.arc(left, top, radius, 0, Math.PI * 2);
  context.lineWidth = width;
  context.strokeStyle = colour;
  context.stroke();
}

/**
 * A result: a ring; marked, it holds its + or −.
 * @param {CanvasRenderingContext2D} context
 * @param {[number, number]} at
 * @param {boolean | null} mark
 * @param {ReturnType<typeof tokens>} colours
 */
function result(context, [left, top], mark, colours) {
  const colour = mark === null ? colours.accent : mark ? colours.yes : colours.no;
  ring(context, [left, top], 6, colours.paper, 4);
  ring(context, [left, top], 6, colour, 2);
  if (mark === null) return;
  context.fillStyle = colour;
  context.fillRect(left - 3.5, top - 1, 7, 2);
  if (mark) context.fillRect(left - 1, top - 3.5, 2, 7);
}

/**
 * The query: a square standing on its corner, and its name.
 * @param {CanvasRenderingContext2D} context
 * @param {[number, number]} at
 * @param {ReturnType<typeof tokens>} colours
 */
function query(context, [left, top], colours) {
  context.save();
  context.translate(left, top);
  context.rotate(Math.PI / 4);
  context.fillStyle = colours.accent;
  context.strokeStyle = colours.paper;
  context.lineWidth = 3;
  context.beginPath();
  context.rect(-7, -7, 14, 14);
  context.stroke();
  context.fill();
  context.restore();
  context.font = `600 13px ${colours.font}`;
  context.lineWidth = 4;
  context.lineJoin = "round";
  context.strokeStyle = colours.paper;
  context.fillStyle = colours.ink;
  context.strokeText("Query", left + 15, top + 4);
  context.fillText("Query", left + 15, top + 4);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} left
 * @param {number} top
 * @param {string} colour
 */
function cross(context, left, top, colour) {
  context.fillStyle = colour;
  context.globalAlpha = 0.6;
  context.fillRect(left - 14, top - 0.5, 10, 1);
  context.fillRect(left + 4, top - 0.5, 10, 1);
  context.fillRect(left - 0.5, top - 14, 1, 10);
  context.fillRect(left - 0.5, top + 4, 1, 10);
  context.globalAlpha = 1;
}
