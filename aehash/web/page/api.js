/** Talking to the server: every failure comes out as one sentence. */

/** What went wrong, said by the server or about it. */
export class ApiError extends Error {
  /**
   * @param {string} message a sentence
   * @param {number} status the HTTP status, 0 when nothing answered
   */
  constructor(message, status) {
    super(message);
    this.name = "ApiError";
    this.status = status;
  }
}

export const STOPPED =
  "The server does not answer; it may have been stopped. Start “aehash serve” again, then try again.";

const ROOT = "api/v1/";
const TOKEN = "aehash-token";

/** @type {((refused: boolean) => Promise<string | null>) | null} */
let askToken = null;

/** @param {(refused: boolean) => Promise<string | null>} ask shows a question, resolves to the token */
export function onTokenNeeded(ask) {
  askToken = ask;
}

/** @returns {string | null} */
export function token() {
  try {
    return window.sessionStorage.getItem(TOKEN);
  } catch {
    return null;
  }
}

/** @param {string} value */
function keepToken(value) {
  try {
    window.sessionStorage.setItem(TOKEN, value);
  } catch {
    // A browser that keeps nothing asks again next time.
  }
}

/**
 * The address of a codebook's route.
 * @param {string} book
 * @param {string} rest
 * @param {Record<string, string | number | null | undefined>} [params]
 */
export function bookPath(book, rest, params = {}) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(params))
    if (value !== null && value !== undefined && value !== "") search.set(name, String(value));
  const query = search.toString();
  return `codebooks/${encodeURIComponent(book)}/${rest}${query ? `?${query}` : ""}`;
}

/**
 * @typedef {object} Options
 * @property {unknown} [json] sent as JSON
 * @property {FormData} [form] sent as a form
 * @property {AbortSignal} [signal]
 * @property {string} [accept]
 */

/**
 * Ask the server.
 * @param {string} path below /api/v1/
 * @param {Options} [options]
 * @returns {Promise<Response>}
 */
export async function request(path, options = {}) {
  for (;;) {
    const sent = token();
    const response = await send(path, options, sent);
    if (response.ok) return response;
    const error = await failure(response);
    if (error.status !== 401 || !askToken) throw error;
    // Another request may have been answered with a token meanwhile.
    if (token() === sent) {
      const given = await askToken(sent !== null);
      if (!given) throw error;
      keepToken(given);
    }
  }
}

/**
 * @param {string} path
 * @param {Options} options
 * @param {string | null} sent
 */
async function send(path, options, sent) {
  /** @type {Record<string, string>} */
  const headers = { Accept: options.accept || "application/json" };
  if (sent) headers.Authorization = `Bearer ${sent}`;
  /** @type {RequestInit} */
  const init = { headers, signal: options.signal, credentials: "omit" };
  if (options.form) Object.assign(init, { method: "POST", body: options.form });
  if (options.json !== undefined) {
    headers["Content-Type"] = "application/json";
    Object.assign(init, { method: "POST", body: JSON.stringify(options.json) });
  }
  try {
    return await fetch(ROOT + path, init);
  } catch (error) {
    throw away(error);
  }
}

/**
 * @param {unknown} error of fetch or of reading
 * @returns {Error}
 */
function away(error) {
  if (error instanceof DOMException && error.name === "AbortError") return error;
  return new ApiError(STOPPED, 0);
}

/**
 * @param {Response} response
 * @returns {Promise<ApiError>}
 */
async function failure(response) {
  let message = "";
  try {
    message = (await response.json()).error.message;
  } catch {
    // Not the server's own JSON: a proxy, or a page of another program.
  }
  if (!message)
    message = `The server answered with the status ${response.status}, without saying why.`;
  return new ApiError(sentence(message), response.status);
}

/**
 * Begin with a capital and end with a full stop.
 * @param {string} text
 */
export function sentence(text) {
  const trimmed = text.trim();
  const end = /[.!?…]$/.test(trimmed) ? "" : ".";
  return trimmed.charAt(0).toUpperCase() + trimmed.slice(1) + end;
}

/**
 * @param {string} path
 * @param {Options} [options]
 * @returns {Promise<any>}
 */
export async function getJson(path, options = {}) {
  const response = await request(path, options);
  try {
    return await response.json();
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new ApiError("The server's answer is not JSON. Is another program using its port?", 0);
    throw away(error);
  }
}

/**
 * @param {string} path
 * @param {Options} [options]
 * @returns {Promise<ArrayBuffer>}
 */
export async function getBytes(path, options = {}) {
  const response = await request(path, { accept: "*/*", ...options });
  try {
    return await response.arrayBuffer();
  } catch (error) {
    throw away(error);
  }
}

/**
 * Ask for NDJSON and hand on each line as it comes.
 * @param {string} path
 * @param {Options} options
 * @param {(event: any) => void} take
 */
export async function stream(path, options, take) {
  const response = await request(path, { ...options, accept: "application/x-ndjson" });
  if (!response.body) throw new ApiError("The server's answer is empty.", 0);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let ended = false;
  /** @param {string} line */
  const line = (line) => {
    if (!line.trim()) return;
    const event = JSON.parse(line);
    if (event.event === "error") {
      const error = event.error || event;
      throw new ApiError(sentence(error.message || "The search failed"), error.status || 500);
    }
    if (event.event === "done") ended = true;
    take(event);
  };
  for (;;) {
    const part = await reader.read().catch((error) => {
      throw away(error);
    });
    if (part.done) break;
    const lines = (rest + part.value).split("\n");
    rest = lines.pop() || "";
    lines.forEach(line);
  }
  line(rest);
  if (!ended) throw new ApiError("The server's answer broke off before its end. Try again.", 0);
}
