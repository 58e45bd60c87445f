// Calls of the HTTP interface. One intent of a person is one key, however often
// it is sent: the server answers a repeated key with the same outcome.

const PATIENCE = 8_000; // for one intent, retries included
const TIMEOUT = 4_000; // for one attempt

/** A refusal or fault, as the server words it for people in `detail`. */
export class Problem extends Error {
  /**
   * @param {string} code stable; "unreachable" when there was no answer
   * @param {string} detail a sentence in the page's language, or ""
   * @param {number} status 0 when there was no answer
   * @param {Record<string, any>} [fields] what else the server told
   */
  constructor(code, detail, status, fields = {}) {
    super(detail || code);
    this.code = code;
    this.detail = detail;
    this.status = status;
    this.fields = fields;
  }
}

/** A key that nobody else uses. crypto.randomUUID is missing on plain http. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}

/**
 * @param {string} path
 * @returns {Promise<any>} the parsed answer; throws a Problem
 */
export const get = (path) => attempt(path, { headers: headers() });

/**
 * Posts JSON. Where no answer came, the same key is sent again for a while.
 * @param {string} path
 * @param {any} [body]
 * @param {{ key?: string, patience?: number, timeout?: number }} [options] key: of an intent that began earlier; timeout: ms of one attempt
 * @returns {Promise<any>} the parsed answer; throws a Problem
 */
export async function post(path, body = {}, { key = newKey(), patience = PATIENCE, timeout = TIMEOUT } = {}) {
  const request = {
    method: "POST",
    headers: { ...headers(), "Content-Type": "application/json", "Idempotency-Key": key },
    body: JSON.stringify(body),
  };
  const end = Date.now() + patience;
  for (let pause = 300; ; pause *= 2) {
    try {
      return await attempt(path, request, timeout);
    } catch (err) {
      const again = err instanceof Problem && (err.status === 0 || err.status >= 502);
      if (!again || Date.now() + pause > end) throw err;
      await new Promise((wake) => setTimeout(wake, pause));
    }
  }
}

const headers = () => ({ Accept: "application/json", "Accept-Language": document.documentElement.lang || "vi" });

/**
 * @param {string} path
 * @param {RequestInit} request
 * @param {number} [timeout]
 */
async function attempt(path, request, timeout = TIMEOUT) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), timeout);
  /** @type {Response} */
  let answer;
  /** @type {any} */
  let body;
  try {
    answer = await fetch(path, { ...request, signal: stop.signal });
    const text = await answer.text();
    body = text ? JSON.parse(text) : {};
  } catch {
    throw new Problem("unreachable", "", 0);
  } finally {
    clearTimeout(timer);
  }
  if (!answer.ok) throw new Problem(body.code ?? "unknown", body.detail ?? "", answer.status, body);
  return body;
}
