/** Small helpers around the DOM; nothing here knows what the page is about. */

/**
 * Find an element of the page by its id.
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} id
 * @returns {T}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no element “${id}”`);
  return /** @type {T} */ (found);
}

/** @typedef {Node | string | null | undefined | false} Child */

/**
 * Make an element. `on…` are listeners, `data` fills the dataset, true and false set and leave out.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, any>} [props]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, props = {}, ...children) {
  const made = document.createElement(tag);
  fill(made, props);
  append(made, children);
  return made;
}

/**
 * Make an element of a drawing.
 * @param {string} tag
 * @param {Record<string, any>} [props]
 * @param {...Child} children
 * @returns {SVGElement}
 */
export function svg(tag, props = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  fill(made, props);
  append(made, children);
  return made;
}

/**
 * @param {Element} made
 * @param {Record<string, any>} props
 */
function fill(made, props) {
  for (const [name, value] of Object.entries(props)) {
    if (name === "data") Object.assign(/** @type {HTMLElement} */ (made).dataset, value);
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined)
      made.setAttribute(name, String(value));
  }
}

/**
 * @param {Element} made
 * @param {Child[]} children
 */
function append(made, children) {
  for (const child of children) if (child || child === "") made.append(child);
}

/**
 * An icon of the page's own sprite.
 * @param {string} name
 * @returns {SVGElement}
 */
export function icon(name) {
  return svg(
    "svg",
    { class: "icon", "aria-hidden": "true", viewBox: "0 0 24 24" },
    svg("use", { href: `#icon-${name}` }),
  );
}

let announced = 0;

/**
 * Say something to a screen reader, politely.
 * @param {string} text
 */
export function announce(text) {
  const line = byId("status");
  // The same sentence twice is said twice: an invisible difference makes it news.
  line.textContent = announced++ % 2 ? `${text}\u00a0` : text;
}

/**
 * Shorten a key in its middle, where keys of one folder differ least.
 * @param {string} text
 * @param {number} most
 */
export function shorten(text, most) {
  if (text.length <= most) return text;
  const tail = Math.ceil((most - 1) * 0.65);
  return `${text.slice(0, most - 1 - tail)}…${text.slice(-tail)}`;
}

/**
 * A count with thin spaces, a distance with the digits it deserves.
 * @param {number} value
 */
export function count(value) {
  return value.toLocaleString("en-GB");
}

/** @param {number} value */
export function measure(value) {
  if (Number.isInteger(value)) return count(value);
  const size = Math.abs(value);
  const text = value.toFixed(size >= 100 ? 1 : size >= 10 ? 2 : 3);
  return text.replace("-", "\u2212");
}

/**
 * One or many.
 * @param {number} number
 * @param {string} one
 * @param {string} [many]
 */
export function plural(number, one, many = `${one}s`) {
  return `${count(number)} ${number === 1 ? one : many}`;
}
