// The feed: one websocket per view. The server sends the whole state first and
// then events, the last of each batch with the whole new state, so a page never
// folds events itself. A page that slept or lost its line asks for what came
// after the last number it saw and is right again.
import { signal } from "/web/vendor/preact.js";
import { newKey } from "/web/lib/api.js";
import { setServerTime } from "/web/lib/page.js";

const SILENCE = 30_000; // the server says something each 10 s; after this long the line is opened anew
const GRACE = 2_000; // a line lost for less than this is not shown to people
const SLOWEST = 5_000; // between two attempts

/**
 * @typedef {{ type: string, seq?: number, prev?: number, at?: string, epoch?: string,
 *   build?: string, state?: any, [field: string]: any }} Message
 * @typedef {object} Handlers
 * @property {(state: any, msg: Message) => void} [onState] with each new state
 * @property {(msg: Message) => void} [onMessage] with each event and each message outside the journal
 * @property {() => void} [onOffline]
 * @property {() => void} [onOnline]
 * @property {() => boolean} [mayReload] whether nobody is in the middle of something; default always
 */

/**
 * Connects to a view such as "board/b1" and stays connected.
 * @param {string} view
 * @param {Handlers} [on]
 */
export function connect(view, on = {}) {
  const name = `${view.split("/")[0]}-${newKey().slice(0, 8)}`; // of this page, the same over reconnections
  const state = signal(/** @type {any} */ (null));
  const online = signal(false);
  const epoch = signal("");
  const seq = signal(0);
  let born = { epoch: "", seq: 0 };
  let build = "";
  /** @type {WebSocket | undefined} */
  let socket;
  let attempts = 0;
  let closed = false;
  let silence = 0;
  let retry = 0;
  let grace = 0;

  function open() {
    if (closed) return;
    clearTimeout(retry);
    const since = epoch.value ? `&since=${encodeURIComponent(`${epoch.value}.${seq.value}`)}` : "";
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const ws = new WebSocket(`${scheme}://${location.host}/api/v1/stream?view=${encodeURIComponent(view)}&client=${name}${since}`);
    const old = socket;
    socket = ws;
    if (old) old.close();
    ws.onopen = () => ws === socket && heard();
    ws.onmessage = (e) => ws === socket && receive(e.data);
    ws.onclose = () => ws === socket && lost();
    listen();
  }

  // listen starts the watchdog anew. A half-open line is silent for ever, and
  // the browser does not show us the websocket's own pings.
  function listen() {
    clearTimeout(silence);
    silence = setTimeout(open, SILENCE);
  }

  function heard() {
    listen();
    clearTimeout(grace);
    grace = 0;
    if (state.value !== null && !online.value) {
      online.value = true;
      on.onOnline?.();
    }
  }

  /** @param {string} data */
  function receive(data) {
    /** @type {Message} */
    const msg = JSON.parse(data);
    if (msg.at) setServerTime(msg.at, msg.type === "snapshot" || msg.type === "beat");
    if (msg.type === "beat") {
      heard();
      return shown();
    }
    if (msg.type === "snapshot") {
      epoch.value = msg.epoch ?? "";
      seq.value = msg.seq ?? 0;
      if (!born.epoch) born = { epoch: epoch.value, seq: seq.value };
      renewed(msg.build ?? "");
    } else if (msg.seq !== undefined) {
      if (msg.seq <= seq.value) return;
      if (msg.prev !== undefined && msg.prev > seq.value) return open(); // a gap: ask again
      seq.value = msg.seq;
    } else if (msg.type === "reload") {
      reloadWhenIdle();
    }
    attempts = 0;
    if (msg.state !== undefined) state.value = msg.state;
    heard();
    if (msg.type !== "snapshot") on.onMessage?.(msg);
    if (msg.state === undefined) return;
    on.onState?.(msg.state, msg);
    requestAnimationFrame(shown);
  }

  // shown tells the server that this page paints, and how far it is. A page that
  // hangs falls silent, although its browser still answers pings.
  function shown() {
    send({ type: "shown", seq: seq.value });
  }

  /** @param {{ type: string, [field: string]: any }} msg */
  function send(msg) {
    if (socket?.readyState !== WebSocket.OPEN) return false;
    socket.send(JSON.stringify(msg));
    return true;
  }

  function lost() {
    socket = undefined;
    clearTimeout(silence);
    if (closed) return;
    if (!grace) {
      grace = setTimeout(() => {
        if (!online.value) return;
        online.value = false;
        on.onOffline?.();
      }, GRACE);
    }
    // The first attempt is soon, since most losses are a restart; jitter keeps
    // twenty screens from coming back in the same instant.
    const pause = Math.min(SLOWEST, 250 * 2 ** attempts++);
    retry = setTimeout(open, pause * (0.5 + Math.random() / 2));
  }

  /** @param {string} now the server's build */
  function renewed(now) {
    if (build && now && now !== build) reloadWhenIdle();
    build ||= now;
  }

  function reloadWhenIdle() {
    if (!on.mayReload || on.mayReload()) location.reload();
    else setTimeout(reloadWhenIdle, 1_000);
  }

  open();
  return {
    state,
    online,
    epoch,
    seq,
    name,
    /** The first snapshot of this page: it has run without a break since then. */
    born: () => born,
    /** Sends a message outside the journal; false when there is no line. */
    send,
    close() {
      closed = true;
      for (const timer of [silence, retry, grace]) clearTimeout(timer);
      socket?.close();
    },
  };
}
