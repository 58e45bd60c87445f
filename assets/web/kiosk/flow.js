// What happens at the kiosk, without any looks: the pages one can be on, the
// touches, and the times after which the screen comes back for the next person.
import { computed, signal } from "/web/vendor/preact.js";
import { newKey, post, Problem } from "/web/lib/api.js";
import { lang, loadWords, t } from "/web/lib/words.js";

export const HOME_AFTER_PAPER = 6_000;
export const HOME_WITHOUT_PAPER = 40_000;
const PAPER_LATE = 12_000; // a printer that has said nothing by then prints nothing
const RETURNED_FOR = 3_000;
const IDLE = 45_000;
const IDLE_COUNT = 20; // seconds
const DEBOUNCE = 1_500;
const AGAIN = 30_000; // the same service within this is asked about
const INTENT = 60_000; // a touch whose answer never came is the same intent for so long
const ROOMS = "kiosk,common,door";

/**
 * @typedef {Record<string, string>} Text
 * @typedef {{ id: string, name: Text, field?: Text, examples?: Text, prefix: string, open: boolean, code?: string,
 *   back_at?: string, waiting: number, counters: string[], zone?: { name: Text, floor?: Text, direction?: string } }} Service
 * @typedef {{ id: number, number: string, service: string, state: string, ahead: number, link: string, url?: string,
 *   wait: { low_s: number, high_s: number } | null, paper: string, counter?: { number: string, zone?: any } }} Ticket
 * @typedef {{ name: "home" } | { name: "groups" } | { name: "ticket", ticket: Ticket, paper: string }
 *   | { name: "returned", number: string }} Page
 * @typedef {{ name: "again", service: Service, number: string } | { name: "idle", left: number }
 *   | { name: "say", text: string }} Dialog
 */

/** The state of the view, as the server sends it. */
export const state = signal(/** @type {any} */ (null));
export const page = signal(/** @type {Page} */ ({ name: "home" }));
export const dialog = signal(/** @type {Dialog | null} */ (null));
export const large = signal(false);
export const low = signal(false);
/** The class of priority chosen, for the next number. */
export const group = signal(/** @type {{ id: string, name: Text } | null} */ (null));
/** The service whose tile was just touched. */
export const busy = signal("");

/** @param {Text | undefined} text */
export const say = (text) => text?.[lang.value] || text?.vi || Object.values(text ?? {})[0] || "";

/** Whether everything is as for a new person. */
export const fresh = computed(
  () => page.value.name === "home" && !dialog.value && !group.value && !large.value && !low.value && !busy.value,
);

let touched = 0;
let lastTap = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let home;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let idle;
/** Numbers taken at this page, to ask whether one more is meant. */
let last = { service: "", number: "", at: 0 };
/** A touch without an answer, to be sent again under its key. */
let open = { what: "", key: "", at: 0 };

/** Whether nobody has touched the screen for a while. */
export const quiet = () => fresh.value && Date.now() - touched > 10_000;

let chosen = "vi"; // the language asked for last; its words may still be on their way

/** @param {string} code */
export async function setLanguage(code) {
  if (code === chosen) return;
  const before = chosen;
  chosen = code;
  await loadWords(code, ROOMS).catch(() => {
    if (chosen === code) chosen = before; // it stays as it is
  });
}

/** The language of whoever comes next. */
const first = () => state.value?.languages[0]?.code ?? chosen;

/** Makes the screen ready for the next person. */
export function reset() {
  clearTimeout(home);
  page.value = { name: "home" };
  dialog.value = null;
  group.value = null;
  large.value = false;
  low.value = false;
  setLanguage(first());
  watchIdle();
}

/** Goes back one page and keeps language and text size. */
export function back() {
  clearTimeout(home);
  page.value = { name: "home" };
  group.value = null;
  dialog.value = null;
}

/** Begins to count the idle time anew. Every touch calls it. */
export function watchIdle() {
  touched = Date.now();
  clearTimeout(idle);
  if (dialog.value?.name === "idle") return;
  idle = setTimeout(nobody, IDLE);
}

function nobody() {
  if (page.value.name === "ticket" || page.value.name === "returned") return; // they have a time of their own
  if (fresh.value) {
    if (chosen !== first()) reset();
    return;
  }
  count(IDLE_COUNT);
}

/** @param {number} left */
function count(left) {
  if (left <= 0) return reset();
  dialog.value = { name: "idle", left };
  idle = setTimeout(() => count(left - 1), 1_000);
}

export function moreTime() {
  dialog.value = null;
  watchIdle();
}

/**
 * One touch on a tile.
 * @param {Service} service
 */
export function tap(service) {
  const now = Date.now();
  if (busy.value || now - lastTap < DEBOUNCE) return;
  lastTap = now;
  const again = last.service === service.id && now - last.at < AGAIN;
  if (again) dialog.value = { name: "again", service, number: last.number };
  else take(service);
}

/**
 * Takes a number. One intent has one key: a touch after an answer that never
 * came sends the same key, so that it cannot make a second ticket.
 * @param {Service} service
 */
export async function take(service) {
  dialog.value = null;
  busy.value = service.id;
  const what = `${service.id} ${group.value?.id ?? ""} ${lang.value}`;
  if (open.what !== what || Date.now() - open.at > INTENT) open = { what, key: newKey(), at: Date.now() };
  const body = { service: service.id, kiosk: state.value.kiosk, lang: lang.value, priority: group.value?.id };
  try {
    const ticket = await post("/api/v1/tickets", body, { key: open.key });
    open.what = "";
    show(ticket);
  } catch (err) {
    const problem = err instanceof Problem ? err : new Problem("unknown", "", 0);
    if (problem.status && problem.status < 500) open.what = "";
    dialog.value = { name: "say", text: problem.detail || t("kiosk.not_taken") };
  } finally {
    busy.value = "";
    watchIdle();
  }
}

/** @param {Ticket} ticket */
function show(ticket) {
  last = { service: ticket.service, number: ticket.number, at: Date.now() };
  page.value = { name: "ticket", ticket, paper: ticket.paper };
  homeIn(HOME_WITHOUT_PAPER);
  if (ticket.paper === "coming") setTimeout(() => paperIs(ticket.id, "late"), PAPER_LATE);
}

/**
 * The printer, or its silence, says what has become of a ticket's paper.
 * @param {number} id of the ticket
 * @param {string} paper "printed", "late", "out", "fault"
 */
export function paperIs(id, paper) {
  const p = page.value;
  if (p.name !== "ticket" || p.ticket.id !== id || p.paper === paper) return;
  if (paper === "late" && p.paper !== "coming") return;
  page.value = { ...p, paper: paper === "late" ? "none" : paper };
  if (paper === "printed") homeIn(HOME_AFTER_PAPER);
  else if (p.paper === "printed") homeIn(HOME_WITHOUT_PAPER);
}

/**
 * The kiosk's printers have come into another state while a ticket is shown.
 * @param {string} paper "coming", "out", "fault", "none"
 */
export function printerIs(paper) {
  const p = page.value;
  if (p.name === "ticket" && p.paper !== "printed" && (paper === "out" || paper === "fault")) paperIs(p.ticket.id, paper);
}

/** @param {number} ms */
function homeIn(ms) {
  clearTimeout(home);
  home = setTimeout(reset, ms);
}

/**
 * Gives a number back that was taken by mistake.
 * @param {Ticket} ticket
 */
export async function giveBack(ticket) {
  if (busy.value) return;
  busy.value = "cancel";
  clearTimeout(home);
  try {
    await post(`/api/v1/tickets/${ticket.link}/cancel`, { reason: "mistake" });
    if (last.number === ticket.number) last.at = 0;
    page.value = { name: "returned", number: ticket.number };
    home = setTimeout(back, RETURNED_FOR);
  } catch (err) {
    homeIn(HOME_WITHOUT_PAPER);
    dialog.value = { name: "say", text: (err instanceof Problem && err.detail) || t("kiosk.phone.failed") };
  } finally {
    busy.value = "";
    watchIdle();
  }
}

/** Calls a person. */
export async function help() {
  if (busy.value) return;
  busy.value = "help";
  const done = await post(`/api/v1/kiosks/${state.value.kiosk}/help`).then(
    () => true,
    () => false,
  );
  busy.value = "";
  dialog.value = { name: "say", text: t(done ? "kiosk.help_called" : "kiosk.help_failed") };
}

/** @param {string} wanted */
export function start(wanted) {
  chosen = wanted;
  return loadWords(wanted, ROOMS);
}
