// What the clerk's page knows and does: the state as the server sent it, the
// one command under way, and which commands fit the present state.
import { computed, signal } from "/web/vendor/preact.js";
import { newKey, post } from "/web/lib/api.js";
import { connect } from "/web/lib/feed.js";
import { hearHelp } from "/web/lib/help.js";
import { now, pageID } from "/web/lib/page.js";

export const id = pageID();
export const feed = connect(`counter/${id}`, { onMessage: hearHelp, mayReload: () => !counter.value?.ticket && !dialog.value && !busy.value });

/** @type {import("/web/vendor/preact.js").ReadonlySignal<any>} */
export const counter = computed(() => feed.state.value?.counter ?? null);
export const ticket = computed(() => counter.value?.ticket ?? null);

/** The command under way; "" when there is none. */
export const busy = signal("");
/** Whether that command waits for the line to come back. */
export const waiting = signal(false);
/** What was refused or went wrong last: {code, detail}. */
export const problem = signal(/** @type {{ code: string, detail: string } | null} */ (null));
/** The open dialog: transfer, park, other, pause, outcomes or direct. */
export const dialog = signal("");
/** The restart that the clerk has answered, so that it is asked once. */
export const answered = signal("");

/** Seconds in which the last call can still be taken back; 0 when it cannot. */
export const undoLeft = computed(() => {
  const until = Date.parse(counter.value?.undo_until ?? "");
  return until ? Math.max(0, Math.ceil((until - now.value.getTime()) / 1000)) : 0;
});

/** The restart that the clerk has not answered yet, as a key; "" when none. */
export const restart = computed(() => {
  const { restarted } = feed.state.value ?? {};
  const key = restarted && ticket.value ? `${restarted}/${ticket.value.id}` : "";
  return key === answered.value ? "" : key;
});

// A second call of an absent person comes before giving up on them; who has
// been called once may be given up after a while.
const CALLS_BEFORE_NO_SHOW = 3;
const OR_AFTER = 45_000;

/** @param {any} t the ticket */
const mayBeGone = (t) => t.calls >= CALLS_BEFORE_NO_SHOW || now.value.getTime() - Date.parse(t.called_at) >= OR_AFTER;

// Commands that call somebody need the line: a call that arrives a minute late
// calls into an empty hall. The others are about the person at the counter and
// are sent again, with the same key, when the line is back.
const CALLING = new Set(["next", "recall", "call", "result-call", "undo"]);

/** Which commands fit the present state. */
export const legal = computed(() => {
  const c = counter.value;
  const t = ticket.value;
  const open = c?.state === "open";
  const called = t?.state === "called";
  const held = called || t?.state === "serving";
  const online = feed.online.value;
  return /** @type {Record<string, boolean>} */ ({
    next: online && open && !restart.value && !(c.armed && !t && !feed.state.value.next),
    recall: online && held,
    start: called,
    finish: held,
    "no-show": called && mayBeGone(t),
    transfer: held,
    park: held,
    other: online && open && !held,
    pause: open && !held,
    open: !!c && !open,
    close: !!c && c.state !== "closed" && !held,
    undo: online && undoLeft.value > 0,
    outcomes: held,
    direct: open,
  });
});

/**
 * Sends one press. Its key stays the same however often it has to be sent.
 * @param {string} verb
 * @param {object} [body]
 * @returns {Promise<boolean>} whether it was carried out
 */
export async function act(verb, body = {}) {
  if (busy.value) return false;
  busy.value = verb;
  problem.value = null;
  const key = newKey();
  try {
    await send(`/api/v1/counters/${encodeURIComponent(id)}/${verb}`, body, key, !CALLING.has(verb));
    return true;
  } catch (err) {
    const { code, detail } = /** @type {import("/web/lib/api.js").Problem} */ (err);
    problem.value = { code, detail };
    return false;
  } finally {
    busy.value = "";
    waiting.value = false;
  }
}

/** @param {string} path @param {object} body @param {string} key @param {boolean} patient */
async function send(path, body, key, patient) {
  for (;;) {
    try {
      return await post(path, body, { key });
    } catch (err) {
      const lost = /** @type {import("/web/lib/api.js").Problem} */ (err).status === 0;
      if (!lost || !patient) throw err;
      waiting.value = true;
      await online();
    }
  }
}

/** Comes back when the feed is connected. */
function online() {
  return /** @type {Promise<void>} */ (new Promise((done) => {
    const stop = feed.online.subscribe((is) => {
      if (is) setTimeout(() => { stop(); done(); }, 0);
    });
  }));
}

/** The ticket that the clerk sees, as a command names it; 0 is an empty counter. */
export const seen = () => ({ ticket: ticket.value?.id ?? 0 });

/** One press of a named action, as far as it is legal now. @param {string} action */
export function press(action) {
  if (busy.value || !legal.value[action]) return;
  if (["transfer", "park", "other", "pause", "outcomes", "direct"].includes(action)) dialog.value = action;
  else act(action, ["open", "close", "undo"].includes(action) ? {} : seen());
}

/** Keys of the keyboard; the browser keeps F5, F11 and F12. */
export const KEYS = /** @type {Record<string, string>} */ ({
  F2: "recall", F3: "finish", F4: "start", F6: "no-show", F7: "transfer", F8: "park", F9: "other", F10: "pause",
});

addEventListener("keydown", (e) => {
  if (dialog.value || e.altKey || e.metaKey) return;
  if (e.ctrlKey) {
    const find = e.key.toLowerCase() === "k" && document.getElementById("find");
    if (find) { e.preventDefault(); find.focus(); }
    if (e.key.toLowerCase() === "z" && !(e.target instanceof HTMLInputElement)) { e.preventDefault(); press("undo"); }
    return;
  }
  if (KEYS[e.key]) {
    e.preventDefault();
    if (!e.repeat) press(KEYS[e.key]);
  } else if (e.key === "Enter" && e.target === document.body && !e.repeat) {
    e.preventDefault();
    press(counter.value?.state === "open" ? "next" : "open");
  }
});
