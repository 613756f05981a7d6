/** Drawing the points of the map: WebGL, or a plain canvas where there is none. */

/** @typedef {import("./map_view.js").Points} Points */
/** @typedef {import("./map_view.js").Window} Window */
/** @typedef {[number, number, number]} Colour each from 0 to 255 */

const VERTEX = `
attribute vec2 place;
attribute vec4 tint;
uniform vec2 middle;
uniform vec2 scale;
uniform mediump float size;
varying vec4 colour;
void main() {
  gl_Position = vec4((place - middle) * scale, 0.0, 1.0);
  gl_PointSize = size;
  colour = tint;
}`;

const FRAGMENT = `
precision mediump float;
varying vec4 colour;
uniform float opacity;
uniform mediump float size;
void main() {
  float away = length(gl_PointCoord - vec2(0.5)) * size;
  float inside = clamp(size * 0.5 - away + 0.5, 0.0, 1.0);
  float alpha = colour.a * opacity * inside;
  gl_FragColor = vec4(colour.rgb * alpha, alpha);
}`;

/**
 * @typedef {object} Painter
 * @property {HTMLCanvasElement} canvas
 * @property {(points: Points, colours: Uint8Array<ArrayBuffer>) => void} load colours: four bytes a point
 * @property {(window: Window, moving: boolean) => void} draw
 */

/**
 * @param {HTMLCanvasElement} canvas
 * @returns {Painter}
 */
export function painter(canvas) {
  const gl = canvas.getContext("webgl", { antialias: false, premultipliedAlpha: true });
  const made = gl && shaded(canvas, gl);
  if (made) return made;
  // A canvas that has been asked for WebGL gives nothing else: another takes its place.
  const fresh = /** @type {HTMLCanvasElement} */ (canvas.cloneNode());
  canvas.replaceWith(fresh);
  return plain(fresh);
}

/**
 * How large a point is drawn, in CSS pixels: larger when fewer are seen.
 * @param {number} many
 * @param {Window} window
 */
function pointSize(many, window) {
  const base = many > 30_000 ? 2 : many > 5000 ? 3.2 : 5;
  return Math.min(12, base * Math.sqrt(Math.max(0.8, window.scale / window.whole)));
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {WebGLRenderingContext} gl
 * @returns {Painter | null}
 */
function shaded(canvas, gl) {
  const program = link(gl);
  if (!program) return null;
  let many = 0;
  gl.useProgram(program);
  gl.enable(gl.BLEND);
  gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  const where = (/** @type {string} */ name) => gl.getUniformLocation(program, name);
  const at = {
    middle: where("middle"),
    scale: where("scale"),
    size: where("size"),
    opacity: where("opacity"),
  };
  return {
    canvas,
    load(points, colours) {
      many = points.count;
      feed(gl, program, "place", points.places, 2, gl.FLOAT, false);
      feed(gl, program, "tint", colours, 4, gl.UNSIGNED_BYTE, true);
    },
    draw(window) {
      const ratio = canvas.width / window.width;
      gl.viewport(0, 0, canvas.width, canvas.height);
      gl.clearColor(0, 0, 0, 0);
      gl.clear(gl.COLOR_BUFFER_BIT);
      if (!many) return;
      gl.uniform2f(at.middle, window.x, window.y);
      gl.uniform2f(
        at.scale,
        (2 * window.scale) / window.width,
        (-2 * window.scale) / window.height,
      );
      gl.uniform1f(at.size, pointSize(many, window) * ratio);
      gl.uniform1f(at.opacity, many > 30_000 ? 0.6 : 0.8);
      gl.drawArrays(gl.POINTS, 0, many);
    },
  };
}

/** @param {WebGLRenderingContext} gl */
function link(gl) {
  const program = gl.createProgram();
  if (!program) return null;
  for (const [kind, source] of /** @type {const} */ ([
    [gl.VERTEX_SHADER, VERTEX],
    [gl.FRAGMENT_SHADER, FRAGMENT],
  ])) {
    const shader = gl.createShader(kind);
    if (!shader) return null;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  return gl.getProgramParameter(program, gl.LINK_STATUS) ? program : null;
}

/**
 * @param {WebGLRenderingContext} gl
 * @param {WebGLProgram} program
 * @param {string} name
 * @param {BufferSource} values
 * @param {number} each
 * @param {number} type
 * @param {boolean} scaled
 */
function feed(gl, program, name, values, each, type, scaled) {
  const place = gl.getAttribLocation(program, name);
  gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
  gl.bufferData(gl.ARRAY_BUFFER, values, gl.STATIC_DRAW);
  gl.enableVertexAttribArray(place);
  gl.vertexAttribPointer(place, each, type, scaled, 0, 0);
}

/**
 * Without WebGL: every point while the map stands still, a part of them while it moves.
 * @param {HTMLCanvasElement} canvas
 * @returns {Painter}
 */
function plain(canvas) {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  /** @type {Points | null} */
  let points = null;
  let colours = new Uint8Array();
  return {
    canvas,
    load(given, tints) {
      points = given;
      colours = tints;
    },
    draw(window, moving) {
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.clearRect(0, 0, canvas.width, canvas.height);
      if (!points) return;
      const ratio = canvas.width / window.width;
      context.scale(ratio, ratio);
      const size = pointSize(points.count, window);
      const step = moving ? Math.max(1, Math.ceil(points.count / 15_000)) : 1;
      let last = "";
      for (let at = 0; at < points.count; at += step) {
        const [left, top] = window.pixel(points.places[at * 2], points.places[at * 2 + 1]);
        if (left < 0 || top < 0 || left > window.width || top > window.height) continue;
        const [red, green, blue, alpha] = colours.subarray(at * 4, at * 4 + 4);
        const colour = `rgba(${red},${green},${blue},${(alpha / 255) * 0.7})`;
        if (colour !== last) context.fillStyle = last = colour;
        context.fillRect(left - size / 2, top - size / 2, size, size);
      }
    },
  };
}
