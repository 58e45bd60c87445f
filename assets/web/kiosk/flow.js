// What happens at the kiosk, without any looks: the pages one can be on, the
// touches, and the times after which the screen comes back for the next person.
import { computed, signal } from "/web/vendor/preact.js";
import { newKey, post, Problem } from "/web/lib/api.js";
import { lang, loadWords, t } from "/web/lib/words.js";

export const HOME_AFTER_PAPER = 6_000;
export const HOME_WITHOUT_PAPER = 40_000;
const PAPER_LATE = 12_000; // a printer that has said nothing by then prints nothing
const RETURNED_FOR = 3_000;
const SCAN_FOR = 15_000;
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
 *   wait: { low_s: number, high_s: number } | null, paper: string, counter?: { number: string, zone?: any }, again?: boolean }} Ticket
 * @typedef {{ name: "home" } | { name: "groups" } | { name: "ticket", ticket: Ticket, paper: string }
 *   | { name: "returned", number: string }} Page
 * @typedef {{ name: "again", service: Service, number: string } | { name: "idle", left: number }
 *   | { name: "say", text: string } | { name: "age", class: { id: string, name: Text } }
 *   | { name: "dossier", service: Service }} Dialog
 * @typedef {{ kind: string, scan?: string, class?: { id: string, name: Text }, service?: string, ticket?: any }} Scan
 */

/** The state of the view, as the server sends it. */
export const state = signal(/** @type {any} */ (null));
export const page = signal(/** @type {Page} */ ({ name: "home" }));
export const dialog = signal(/** @type {Dialog | null} */ (null));
export const large = signal(false);
export const low = signal(false);
/** The class of priority chosen, for the next number. */
export const group = signal(/** @type {{ id: string, name: Text } | null} */ (null));
/** The card that was scanned, by the name the server gave it: for the next numbers of this person. */
export const card = signal("");
/** The service whose tile was just touched. */
export const busy = signal("");

/** @param {Text | undefined} text */
export const say = (text) => text?.[lang.value] || text?.vi || Object.values(text ?? {})[0] || "";

/** Whether everything is as for a new person. */
export const fresh = computed(
  () => page.value.name === "home" && !dialog.value && !group.value && !card.value && !large.value && !low.value && !busy.value,
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

/** @param {string} kiosk */
const givenBy = (kiosk) => `xinmoi.kiosk.${kiosk}.last`;

/**
 * The id of the last ticket given at this kiosk by this browser; 0: none.
 * @param {string} kiosk
 */
export function lastGiven(kiosk) {
  try {
    return Number(localStorage.getItem(givenBy(kiosk))) || 0;
  } catch {
    return 0; // no storage: then nothing can be confirmed
  }
}

/** @param {number} id */
function remember(id) {
  try {
    localStorage.setItem(givenBy(state.value.kiosk), String(id));
  } catch {
    // full or forbidden: a number is shown all the same
  }
}

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
  card.value = "";
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
  card.value = "";
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
  const again = !card.value && last.service === service.id && now - last.at < AGAIN;
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
  const what = `${service.id} ${group.value?.id ?? ""} ${card.value} ${lang.value}`;
  if (open.what !== what || Date.now() - open.at > INTENT) open = { what, key: newKey(), at: Date.now() };
  const body = { service: service.id, kiosk: state.value.kiosk, lang: lang.value, priority: group.value?.id, scan: card.value || undefined };
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
  if (!ticket.again) {
    remember(ticket.id);
    last = { service: ticket.service, number: ticket.number, at: Date.now() };
  }
  page.value = { name: "ticket", ticket, paper: ticket.again ? "again" : ticket.paper };
  homeIn(HOME_WITHOUT_PAPER);
  if (ticket.paper === "coming") setTimeout(() => paperIs(ticket.id, "late"), PAPER_LATE);
  const said = early.get(ticket.id);
  if (said) paperIs(ticket.id, said);
  early.clear();
}

/**
 * What was heard of papers whose number is not shown yet: an answer that is lost and
 * asked for again comes after the paper. By the ticket's id.
 * @type {Map<number, string>}
 */
const early = new Map();

/**
 * The printer, or its silence, says what has become of a ticket's paper.
 * @param {number} id of the ticket
 * @param {string} paper "printed", "late", "out", "fault"
 */
export function paperIs(id, paper) {
  const p = page.value;
  if (paper !== "late" && busy.value) early.set(id, paper);
  if (p.name !== "ticket" || p.ticket.id !== id || p.paper === paper || TAKEN.has(p.paper)) return;
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
  if (p.name === "ticket" && p.paper !== "printed" && !TAKEN.has(p.paper) && (paper === "out" || paper === "fault")) paperIs(p.ticket.id, paper);
}

/** The papers of a number that was taken earlier: none comes now. */
export const TAKEN = new Set(["again", "held", "check_in"]);

/** What is said of a ticket that waits for nobody any more. @type {Record<string, string[]>} */
const SAID = {
  no_show: ["kiosk.phone.no_show", "kiosk.phone.no_show_help"],
  finished: ["kiosk.phone.finished", "kiosk.phone.finished_help"],
  cancelled: ["kiosk.phone.cancelled", "kiosk.phone.cancelled_help"],
  expired: ["kiosk.phone.expired", "kiosk.phone.expired_help"],
};

/**
 * Something was held under the scanner. A new person may have come up: what was
 * shown to the last one goes.
 * @param {Scan} s
 */
export function scanned(s) {
  if (busy.value) return;
  if (page.value.name === "ticket" || page.value.name === "returned") reset();
  dialog.value = null;
  watchIdle();
  switch (s.kind) {
    case "card":
      card.value = s.scan ?? "";
      page.value = { name: "home" };
      if (s.class && state.value.services.some((/** @type {Service} */ x) => x.open)) dialog.value = { name: "age", class: s.class };
      return;
    case "ticket":
      return ticketScanned(s.ticket);
    case "dossier": {
      const service = state.value.services.find((/** @type {Service} */ x) => x.id === s.service && x.open);
      if (service) dialog.value = { name: "dossier", service };
      else tell(t("kiosk.scan.dossier"));
      return;
    }
  }
  const known = ["bad_card", "health_card", "old_ticket", "appointment"].includes(s.kind);
  tell(t(`kiosk.scan.${known ? s.kind : "unknown"}`));
}

/** Says something of a scan for a while: nobody may be there to close it. @param {string} text */
function tell(text) {
  const box = { name: /** @type {const} */ ("say"), text };
  dialog.value = box;
  setTimeout(() => {
    if (dialog.value === box) moreTime();
  }, SCAN_FOR);
}

/** @param {any} ticket */
function ticketScanned(ticket) {
  const { number, state, park } = ticket;
  if (state === "waiting" || state === "called") {
    page.value = { name: "ticket", ticket, paper: ticket.check_in ? "check_in" : "held" };
    homeIn(HOME_WITHOUT_PAPER);
    return;
  }
  const parked = ["supplement", "result", "fee"].includes(park) ? `kiosk.phone.parked_${park}` : "kiosk.phone.parked";
  const keys = SAID[state] ?? [state === "parked" ? parked : "kiosk.phone.serving"];
  const text = keys.map((key) => t(key, { counter: ticket.counter?.number ?? "" })).join(". ").replaceAll("..", ".");
  tell(`${number}: ${text}`);
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
