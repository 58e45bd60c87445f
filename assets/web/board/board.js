// The wall board. The picture is always the state that the server sent; only
// what comes as an event within a few seconds of its call may blink. The large
// panel shows fresh calls in turn, the list shows every one at once, and neither
// ever waits for sound.
import { computed, html, render, signal } from "/web/vendor/preact.js";
import { connect } from "/web/lib/feed.js";
import { loadWords, t, wordsOf } from "/web/lib/words.js";
import { clock, now, pageID, reloadNightly, setScale } from "/web/lib/page.js";
import { phase, told, weekday } from "/web/board/hours.js";
import { notices, NoticePanel } from "/web/board/notices.js";
import { voice } from "/web/board/voice.js";

const HOLD = 5_000; // a fresh call keeps the large panel this long
const SHORT = 2_000; // while more than two others wait for it
const FRESH = 20_000; // an older call does not blink
const LATELY = 300_000; // a call younger than this stays on the panel outside working hours
const CALLS = ["ticket.called", "ticket.recalled", "ticket.result_called"];

/** @typedef {{ number: string, counter: string, call: number, key: number }} Fresh */

/** The fresh call on the large panel. */
const spot = signal(/** @type {Fresh | null} */ (null));
/** @type {Fresh[]} fresh calls whose turn on the panel has not come */
const turn = [];
let key = 0;
let inches = 0; // of the panel
let held = 0; // the timer of the call on the panel

const feed = connect(`board/${pageID()}`, {
  onState,
  onMessage,
  mayReload: idle,
});
const sound = voice(feed);
const quietly = notices(feed, () => spot.value !== null || sound.busy());
reloadNightly(idle);

function idle() {
  return spot.value === null && !sound.busy();
}

/** The same words in the second language, small under the first. */
const under = signal(/** @type {((key: string, args?: object) => string) | null} */ (null));
const leading = signal(""); // in use
let wanted = "";
const second = signal("");

/** @param {import("/web/lib/feed.js").Message} msg */
function onMessage(msg) {
  sound.hear(msg);
  if (msg.type === "ticket.undone") drop(msg.number);
  if (!CALLS.includes(msg.type) || !msg.number) return;
  if (now.value.getTime() - Date.parse(msg.at ?? "") > FRESH) return;
  drop(msg.number); // called again before its turn: once is enough
  turn.push({ number: msg.number, counter: msg.counter, call: msg.call, key: ++key });
  if (!held) advance();
}

/** @param {string} number */
function drop(number) {
  const at = turn.findIndex((f) => f.number === number);
  if (at >= 0) turn.splice(at, 1);
  if (spot.value?.number === number) advance();
}

function advance() {
  clearTimeout(held);
  spot.value = turn.shift() ?? null;
  held = spot.value ? setTimeout(advance, turn.length > 2 ? SHORT : HOLD) : 0;
}

/** @param {any} state */
function onState(state) {
  if (state.diagonal_in !== inches) setScale((inches = state.diagonal_in));
  document.documentElement.style.setProperty("--rows", String(state.rows));
  const asked = new URLSearchParams(location.search).get("lang");
  const langs = asked ? [asked, ...state.languages.filter((l) => l !== asked)] : state.languages;
  if (langs[0] === wanted) return;
  wanted = langs[0];
  speak(langs);
}

/**
 * Puts the words of the first language in use, and those of the second under
 * them. Until they are there the board shows what it showed before, and nothing
 * at all at first, since keys are no words.
 * @param {string[]} langs
 */
function speak(langs) {
  loadWords(langs[0], "display,voice,common").then(
    () => {
      leading.value = langs[0];
      document.title = t("display.title");
    },
    () => setTimeout(() => langs[0] === wanted && speak(langs), 3_000),
  );
  if (langs[1]) wordsOf(langs[1], "display,voice,common").then((say) => { second.value = langs[1]; under.value = say; }, () => {});
}

const minute = computed(() => clock(now.value, feed.state.value?.time_zone));
/** @type {import("/web/vendor/preact.js").ReadonlySignal<ReturnType<typeof phase>>} */
// While the clock cannot be trusted no hours are held to.
const open = computed(() => {
  const state = feed.state.value;
  return state && !state.clock_untrusted ? phase(state.hours, now.value) : { is: "open" };
});
const isOpen = computed(() => open.value.is);

/** @param {Record<string, string> | undefined} text */
const first = (text) => text?.[leading.value] ?? text?.vi ?? Object.values(text ?? {})[0] ?? "";

/** When somebody was called, unless the clock is in doubt. */
const at = (state, call) => (state.clock_untrusted ? "" : t("display.at", { at: clock(call.at) }));

/** A sentence in the second language, where that says it differently. */
function Twin({ say, args = {} }) {
  const twin = under.value?.(say, args);
  return twin && twin !== t(say, args) ? html`<small lang=${second.value}>${twin}</small>` : null;
}

/** A sentence with its twin under it. */
const Both = ({ say, args = {}, as = "p", kind = "" }) =>
  html`<${as} class=${kind}>${t(say, args)}<${Twin} say=${say} args=${args} /><//>`;

const Arrow = ({ to }) =>
  to && html`<svg class="arrow ${to}" viewBox="0 0 24 24" role="img" aria-label=${t(`display.direction.${to}`)}>
    <path d="M2 12h17M12 4l8 8-8 8" fill="none" stroke="currentColor" stroke-width="3.4" /></svg>`;

function Head({ state }) {
  const wrong = !feed.online.value ? "display.offline" : sound.mute.value ? "voice.look" : "";
  if (wrong) {
    return html`<header class="head offline">
      <h1 class="visually-hidden">${first(state.centre)}</h1>
      <div role="alert"><${Both} say=${wrong} /></div>
      <${Clock} state=${state} />
    </header>`;
  }
  return html`<header class="head ${first(state.centre).length > 55 ? "long" : ""}">
    <div class="names"><p class="authority">${first(state.authority)}</p><h1>${first(state.centre)}</h1></div>
    <${Clock} state=${state} />
  </header>`;
}

function Clock({ state }) {
  if (state.clock_untrusted) return null;
  minute.value; // the date turns with one
  // Swedish writes a date as ISO 8601 does.
  const [y, m, d] = new Intl.DateTimeFormat("sv-SE", { timeZone: state.time_zone }).format(now.peek()).split("-");
  return html`<div class="time"><time class="num">${minute.value}</time><span>${weekday(`${y}-${m}-${d}`, t)}, ${d}/${m}/${y}</span></div>`;
}

const size = (number) => (number.length > 7 ? "tiny" : number.length > 5 ? "small" : "");

function Panel({ state }) {
  const fresh = spot.value;
  const notice = quietly.shown.value;
  if (notice && !fresh) return html`<${NoticePanel} n=${notice} turn=${quietly} label=${t("display.notice")} />`;
  const call = (fresh && state.calls.find((c) => c.number === fresh.number)) ?? state.calls[0];
  const quiet = isOpen.value !== "open" && !fresh && (!call || now.peek().getTime() - Date.parse(call.at) > LATELY);
  if (!call || quiet) return html`<${Rest} />`;
  const online = feed.online.value;
  const label = !call.active && !fresh ? "display.just_called" : call.result ? "display.result" : "display.please";
  const zone = state.zones.find((z) => z.id === call.zone);
  const place = [first(zone?.name), first(zone?.floor)].filter(Boolean).join(", ");
  const where = [first(call.name), state.zones.length > 1 && place].filter(Boolean).join(" · ");
  const again = fresh?.call ?? call.call;
  const there = { number: call.counter };
  return html`<section class="panel ${fresh && online ? "fresh" : ""} ${again > 1 ? "recalled" : ""}" key=${fresh?.key ?? "still"} aria-live="polite" aria-label=${t("display.newest")}>
    ${online ? html`<${Both} say=${label} kind="label" />` : html`<p class="label">${at(state, call)}</p>`}
    <p class="number num ${size(call.number)}">${call.number}</p>
    <div class="where">
      <${Arrow} to=${call.direction} />
      <p class="counter">${t("display.counter", there)}</p>
    </div>
    <p class="twin"><${Twin} say="display.counter" args=${there} /></p>
    <p class="place ${where.length > 50 ? "long" : ""}">${where}</p>
    ${again > 1 && online && html`<p class="again">${t("display.nth", { n: again })}</p>`}
  </section>`;
}

/** What the panel says while nobody is called. */
function Rest() {
  const { is, next } = open.value;
  if (is === "open") return html`<section class="panel rest" aria-label=${t("display.newest")}><${Both} say="display.idle" kind="saying" /></section>`;
  return html`<section class="panel rest" aria-label=${t("display.newest")}>
    <${Both} say=${`display.${is}`} kind="saying" />
    ${next && html`<p class="back">${t(`display.${is}.back`, told(next, t))}
      ${under.value && html`<small lang=${second.value}>${under.value(`display.${is}.back`, told(next, under.value))}</small>`}</p>`}
  </section>`;
}

function List({ state }) {
  const rows = state.calls.slice(0, state.rows);
  return html`<section class="list" aria-label=${t("display.latest")}>
    <div class="titles"><${Both} say="display.col.number" as="span" /><${Both} say="display.col.counter" as="span" /></div>
    <ol>${rows.map((c) => html`<li key=${c.number} class=${c.active ? "active" : ""}>
      <span class="num ${size(c.number)}">${c.number}</span>
      <span class="tag">${feed.online.value
        ? c.result ? t("display.result.short") : c.call > 1 && c.active && t("display.nth", { n: c.call })
        : at(state, c)}</span>
      <${Arrow} to=${state.zones.length > 1 && c.direction} />
      <span class="num at">${c.counter}</span>
    </li>`)}</ol>
  </section>`;
}

/** As many numbers as have room in one line of a quiet box. @param {string[]} all */
function fitting(all) {
  let room = 594; // in --u: the box, and one gap more than there are
  return all.filter((n) => (room -= n.length * 31 + 36) >= 0);
}

function Quiet({ say, numbers: all, hint = "" }) {
  const numbers = fitting(all);
  return html`<div class="quiet ${numbers.length ? "" : "none"}">
    ${hint && numbers.length > 0 ? html`<h2>${t(say)} – ${t(hint)}</h2>` : html`<${Both} say=${say} as="h2" />`}
    <p class="num">${numbers.length ? numbers.map((n) => html`<span key=${n}>${n}</span>`) : html`<span aria-hidden="true">–</span>`}</p>
  </div>`;
}

function Foot({ state }) {
  minute.value; // a missed number leaves by itself
  const missed = state.missed.filter((m) => Date.parse(m.until) > now.peek().getTime()).map((m) => m.number);
  const lines = series(state.services);
  const named = state.zones.reduce((sum, z) => sum + first(z.name).length, 0) < 30;
  return html`<footer class="foot">
    <div class="quiets">
      <${Quiet} say="display.soon" numbers=${state.soon} />
      <${Quiet} say="display.missed" numbers=${missed} hint="display.missed.hint" />
      <${Quiet} say="display.results" numbers=${state.results} />
    </div>
    <div class="line ${lines.length > 2 && lines.length < 9 ? "tight" : ""}">
      <p class="waiting"><${Both} say="display.waiting" as="span" args=${{ n: state.waiting }} /> ${lines.length > 1 && lines.length < 9 && html`<span class="lines">${lines.map((s) => html`<span class="num" key=${s.prefix}>${s.prefix} ${s.waiting}</span>`)}</span>`}</p>
      ${state.zones.length > 1
        ? html`<p class="zones">${state.zones.map((z) => html`<span key=${z.id}><${Arrow} to=${z.direction} /> ${named && `${first(z.name)}: `}${t("display.counters", { list: span(z.counters) })}</span>`)}</p>`
        : html`<p class="fair">${t("display.fair")}</p>`}
    </div>
  </footer>`;
}

/** How many wait in each series of numbers; services may share one. @param {any[]} services */
function series(services) {
  const all = /** @type {Record<string, number>} */ ({});
  // A leading digit beside a count would read as one number.
  for (const s of services) if (/^\D/.test(s.prefix) && s.waiting) all[s.prefix] = (all[s.prefix] ?? 0) + s.waiting;
  return Object.entries(all).map(([prefix, waiting]) => ({ prefix, waiting }));
}

/** "1–6" for counters in a row, else "1, 3, 5". @param {string[]} numbers */
function span(numbers) {
  const all = numbers.map(Number);
  const row = all.length > 2 && all.every((n, i) => i === 0 || n === all[i - 1] + 1);
  return row ? `${numbers[0]}–${numbers[numbers.length - 1]}` : numbers.join(", ");
}

/** Nothing else matters then. */
function Emergency({ state }) {
  const texts = Object.entries(state.emergency).sort(([a], [b]) => Number(b === leading.value) - Number(a === leading.value));
  const long = texts.reduce((sum, [, text]) => sum + text.length, 0);
  return html`<main><div class="emergency ${long > 250 ? "longer" : long > 130 ? "long" : ""}" role="alert">
    ${!feed.online.value && html`<${Both} say="display.offline.emergency" as="div" kind="stale" />`}
    <h1><span aria-hidden="true">!</span> <${Both} say="display.emergency" as="span" /></h1>
    ${texts.map(([l, text]) => html`<p key=${l} lang=${l}>${text}</p>`)}
  </div></main>`;
}

function Board() {
  const state = feed.state.value;
  if (!state || !leading.value) return null;
  if (state.emergency) return html`<${Emergency} state=${state} />`;
  return html`<main class="board"><${Head} state=${state} /><${Panel} state=${state} /><${List} state=${state} /><${Foot} state=${state} /></main>`;
}

render(html`<${Board} />`, /** @type {HTMLElement} */ (document.getElementById("board")));
