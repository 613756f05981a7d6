/** The arithmetic of the map: points in a square, a window on it, and which point is near. */

/** No class, in a point's record. */
export const NO_CLASS = 0xffffffff;

/**
 * @typedef {object} Points
 * @property {number} count
 * @property {Uint32Array} rows
 * @property {Float32Array<ArrayBuffer>} places x and y by turns, within −1 … 1
 * @property {Uint32Array} classes position in the codebook's classes, or NO_CLASS
 * @property {[number, number]} reach how far they lie from the centre, at most 1
 * @property {(x: number, y: number) => [number, number]} fit from the server's scale to the square
 */

/**
 * Read the server's records and fit them into the square.
 * @param {ArrayBuffer} bytes little-endian records
 * @param {number} size of a record: 12, or 16 with the class
 * @returns {Points}
 */
export function readPoints(bytes, size) {
  const view = new DataView(bytes);
  const count = Math.floor(bytes.byteLength / size);
  const rows = new Uint32Array(count);
  const places = new Float32Array(count * 2);
  const classes = new Uint32Array(count).fill(NO_CLASS);
  const low = [Infinity, Infinity];
  const high = [-Infinity, -Infinity];
  for (let at = 0; at < count; at += 1) {
    rows[at] = view.getUint32(at * size, true);
    for (const axis of [0, 1]) {
      const value = view.getFloat32(at * size + 4 + axis * 4, true);
      places[at * 2 + axis] = value;
      low[axis] = Math.min(low[axis], value);
      high[axis] = Math.max(high[axis], value);
    }
    if (size >= 16) classes[at] = view.getUint32(at * size + 12, true);
  }
  const half = Math.max(high[0] - low[0], high[1] - low[1], 1e-9) / 2;
  const middle = [(low[0] + high[0]) / 2, (low[1] + high[1]) / 2];
  /** @type {Points["fit"]} */
  const fit = (x, y) => [(x - middle[0]) / half, (y - middle[1]) / half];
  for (let at = 0; at < count; at += 1)
    [places[at * 2], places[at * 2 + 1]] = fit(places[at * 2], places[at * 2 + 1]);
  const reach = /** @type {[number, number]} */ (
    [0, 1].map((axis) => Math.max(1e-3, (high[axis] - low[axis]) / 2 / half))
  );
  return { count, rows, places, classes, reach, fit };
}

/** A window on the square: its centre, and how many pixels a unit takes. */
export class Window {
  constructor() {
    this.x = 0;
    this.y = 0;
    this.scale = 1;
    this.width = 1;
    this.height = 1;
    /** How far the points lie from the centre. @type {[number, number]} */
    this.reach = [1, 1];
  }

  /** The scale at which all points are seen. */
  get whole() {
    const [across, down] = this.reach;
    return (Math.min(this.width / across, this.height / down) / 2) * 0.9;
  }

  /**
   * @param {number} width
   * @param {number} height in CSS pixels
   */
  resize(width, height) {
    const zoom = this.scale / this.whole;
    this.width = width;
    this.height = height;
    this.scale = this.whole * zoom;
  }

  fit() {
    this.x = 0;
    this.y = 0;
    this.scale = this.whole;
  }

  /**
   * @param {number} right pixels
   * @param {number} down pixels
   */
  pan(right, down) {
    this.x = Math.min(1.2, Math.max(-1.2, this.x - right / this.scale));
    this.y = Math.min(1.2, Math.max(-1.2, this.y - down / this.scale));
  }

  /**
   * @param {number} factor
   * @param {number} left the pixel that stays where it is
   * @param {number} top
   */
  zoom(factor, left = this.width / 2, top = this.height / 2) {
    const [x, y] = this.at(left, top);
    this.scale = Math.min(this.whole * 400, Math.max(this.whole * 0.7, this.scale * factor));
    const [nowX, nowY] = this.at(left, top);
    this.x += x - nowX;
    this.y += y - nowY;
  }

  /**
   * The place under a pixel.
   * @param {number} left
   * @param {number} top
   * @returns {[number, number]}
   */
  at(left, top) {
    return [
      this.x + (left - this.width / 2) / this.scale,
      this.y + (top - this.height / 2) / this.scale,
    ];
  }

  /**
   * The pixel of a place.
   * @param {number} x
   * @param {number} y
   * @returns {[number, number]}
   */
  pixel(x, y) {
    return [
      (x - this.x) * this.scale + this.width / 2,
      (y - this.y) * this.scale + this.height / 2,
    ];
  }
}

const SIDE = 256;

/** Points sorted into the cells of a grid, so that the one under the finger is found at once. */
export class Nearest {
  /** @param {Points} points */
  constructor(points) {
    this.places = points.places;
    this.starts = new Uint32Array(SIDE * SIDE + 1);
    this.order = new Uint32Array(points.count);
    const cells = new Uint32Array(points.count);
    for (let at = 0; at < points.count; at += 1) {
      cells[at] = cell(this.places[at * 2 + 1]) * SIDE + cell(this.places[at * 2]);
      this.starts[cells[at] + 1] += 1;
    }
    for (let at = 0; at < SIDE * SIDE; at += 1) this.starts[at + 1] += this.starts[at];
    const next = this.starts.slice();
    for (let at = 0; at < points.count; at += 1) this.order[next[cells[at]]++] = at;
  }

  /**
   * The nearest point within a reach.
   * @param {number} x
   * @param {number} y
   * @param {number} reach
   * @returns {number} its position among the points, or −1
   */
  find(x, y, reach) {
    let best = -1;
    let least = reach * reach;
    for (let down = cell(y - reach); down <= cell(y + reach); down += 1) {
      const from = this.starts[down * SIDE + cell(x - reach)];
      const to = this.starts[down * SIDE + cell(x + reach) + 1];
      for (let at = from; at < to; at += 1) {
        const point = this.order[at];
        const away = (this.places[point * 2] - x) ** 2 + (this.places[point * 2 + 1] - y) ** 2;
        if (away <= least) [best, least] = [point, away];
      }
    }
    return best;
  }
}

/** @param {number} value */
function cell(value) {
  return Math.min(SIDE - 1, Math.max(0, Math.floor(((value + 1) / 2) * SIDE)));
}
