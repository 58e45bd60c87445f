// The pages of the kiosk.
import { useEffect, useRef } from "/web/vendor/preact.js";
import { html } from "/web/lib/page.js";
import { has, lang, t } from "/web/lib/words.js";
import { useFit } from "/web/kiosk/fit.js";
import * as flow from "/web/kiosk/flow.js";
import { say } from "/web/kiosk/flow.js";

const MANY = 15; // people waiting from which a tile says so in amber

/**
 * When, as people say it: "14 giờ" today, "7 giờ 30 thứ Hai ngày 23/11".
 * @param {string} at RFC 3339 with the centre's offset
 * @param {Date} now
 */
export function when(at, now) {
  const [day, time] = at.split("T");
  const [h, mm] = time.split(":");
  const clock = t(mm === "00" ? "door.clock_sharp" : "door.clock", { h: Number(h), mm });
  const offset = at.slice(-6);
  const here = new Date(now.getTime() + minutes(offset) * 60_000).toISOString().slice(0, 10);
  if (here === day) return clock;
  const [, m, d] = day.split("-");
  const weekday = t(`door.weekday.${new Date(`${day}T12:00:00Z`).getUTCDay()}`);
  return t("door.clock_day", { clock, weekday, d: Number(d), m: Number(m) });
}

/** @param {string} offset "+07:00" */
const minutes = (offset) =>
  (offset[0] === "-" ? -1 : 1) * (Number(offset.slice(1, 3)) * 60 + Number(offset.slice(4, 6))) || 0;

/**
 * Why a tile is no button, or what to know before one touches it: in full, and
 * in few words for where there is no room.
 * @param {flow.Service} s
 * @param {Date} now
 */
function remark(s, now) {
  if (!s.code) return null;
  const known = has(`kiosk.code.${s.code}`) ? `kiosk.code.${s.code}` : "kiosk.code.other";
  const until = s.back_at && has(`${known}_until`);
  const args = until ? { time: when(/** @type {string} */ (s.back_at), now) } : {};
  const short = `${known}_short`;
  return {
    full: t(until ? `${known}_until` : known, args),
    short: t(until && has(`${short}_until`) ? `${short}_until` : short, args),
  };
}

/** @param {{ s: flow.Service, now: Date }} props */
function Tile({ s, now }) {
  const note = remark(s, now);
  const many = s.waiting >= MANY;
  const waiting = s.waiting === 0 ? t("kiosk.waiting_none") : t(many ? "kiosk.waiting_many" : "kiosk.waiting", { n: s.waiting });
  const inside = html`
    <span class="letter num" aria-hidden="true">${s.prefix}</span>
    <span class="words">
      <span class="name">${say(s.name)}</span>
      ${say(s.field) && html`<span class="field">${say(s.field)}</span>`}
      ${note
        ? html`<span class="remark full">${note.full}</span><span class="remark short">${note.short}</span>`
        : say(s.examples) && html`<span class="examples">${say(s.examples)}</span>`}
      ${s.open && html`<span class=${many ? "waiting many" : "waiting"}>${waiting}</span>`}
    </span>`;
  const kind = !s.open ? "tile off" : note ? "tile absent" : "tile";
  if (!s.open) return html`<li class=${kind} data-box data-service=${s.id}>${inside}</li>`;
  return html`<li class="place">
    <button class=${`${kind}${flow.busy.value === s.id ? " busy" : ""}`} data-box data-service=${s.id}
      aria-busy=${flow.busy.value === s.id} onClick=${() => flow.tap(s)}>${inside}</button>
  </li>`;
}

/** @param {{ state: any, now: Date }} props */
export function Home({ state, now }) {
  const group = flow.group.value;
  const ref = useFit(8, [state, lang.value, flow.large.value, flow.low.value, group, flow.card.value]);
  const services = state.services;
  return html`<main class="home" ref=${ref} data-count=${services.length}>
    <div class="question">
      <h1>${t("kiosk.question")}</h1>
      ${group
        ? html`<p class="chosen">${t("kiosk.priority_chosen", { class: say(group.name) })}</p>`
        : flow.card.value
          ? html`<p class="chosen">${t("kiosk.scan.card")}</p>`
          : html`<p class="hint">${t(state.reader ? "kiosk.hint_reader" : "kiosk.hint")}</p>`}
    </div>
    <ul class="tiles" data-box>${services.map((/** @type {flow.Service} */ s) => html`<${Tile} key=${s.id} s=${s} now=${now} />`)}</ul>
  </main>`;
}

/** @param {{ state: any }} props */
export function Groups({ state }) {
  const ref = useFit(8, [state, lang.value, flow.large.value, flow.low.value]);
  return html`<main class="groups" ref=${ref} data-count=${state.priority.length}>
    <div class="question">
      <h1>${t("kiosk.priority_question")}</h1>
      <p class="hint">${t("kiosk.priority_hint")}</p>
    </div>
    <ul class="tiles" data-box>
      ${state.priority.map(
        (/** @type {any} */ p) => html`<li class="place" key=${p.id}>
          <button class="tile" data-box data-group=${p.id} onClick=${() => choose(p)}>
            <span class="words"><span class="name">${say(p.name)}</span></span>
          </button>
        </li>`,
      )}
    </ul>
  </main>`;
}

/** @param {any} p */
function choose(p) {
  flow.group.value = p;
  flow.page.value = { name: "home" };
}

/** @param {string[]} numbers */
const list = (numbers) =>
  new Intl.ListFormat(lang.value, { style: "long", type: "disjunction" }).format(numbers);

/** What stands above a number that was not taken just now. @type {Record<string, string>} */
const HEAD = { again: "kiosk.scan.again", held: "kiosk.scan.held", check_in: "kiosk.scan.check_in" };

/** @param {{ state: any, ticket: flow.Ticket, paper: string }} props */
export function TicketPage({ state, ticket, paper }) {
  const ref = useFit(6, [state, ticket, paper, lang.value, flow.large.value, flow.low.value]);
  const s = state.services.find((/** @type {flow.Service} */ x) => x.id === ticket.service);
  const qr = state.phones && ticket.url;
  const zone = s?.zone && [say(s.zone.name), say(s.zone.floor)].filter(Boolean).join(", ");
  return html`<main class="ticket" ref=${ref} data-paper=${paper}>
    <div class="slip" data-box>
      <div role="status" class="what">
        <h1>${t(HEAD[paper] ?? "kiosk.your_number")}</h1>
        <p class="number num">${ticket.number}</p>
        <p class="service">${say(s?.name)}</p>
        ${ticket.counter
          ? html`<p class="called">${t("kiosk.called", { counter: ticket.counter.number })}</p>`
          : html`<p class="ahead">
              ${ticket.ahead === 0 ? t("kiosk.ahead_none") : t("kiosk.ahead", { n: ticket.ahead })}
            </p>`}
        ${!ticket.counter && ticket.wait && html`<p class="wait">${t("kiosk.wait", range(ticket.wait))}</p>`}
      </div>
      ${!ticket.counter &&
      html`<p class="sit">
        ${zone ? t("kiosk.sit_zone", { zone }) : t("kiosk.sit")}
        ${s?.counters.length > 0 && html`<span class="counters">${t("kiosk.counters", { counters: list(s.counters) })}</span>`}
      </p>`}
      <${PaperNote} paper=${paper} why=${state.paper_why} />
      ${qr &&
      html`<figure class="qr">
        <img src=${`/api/v1/tickets/${ticket.link}/qr.svg`} alt="" width="200" height="200" />
        <figcaption>${t("kiosk.scan")}</figcaption>
      </figure>`}
    </div>
    <div class="actions">
      <button class="button main" data-box data-action="done" onClick=${flow.reset}>${t("kiosk.done")}</button>
      ${!flow.TAKEN.has(paper) && html`<button class="button danger" data-box data-action="mistake" disabled=${flow.busy.value === "cancel"}
        onClick=${() => flow.giveBack(ticket)}>${t("kiosk.mistake")}</button>`}
    </div>
  </main>`;
}

/**
 * Why no paper comes, and what to do with the number.
 * @param {string} paper "out" or "fault"
 * @param {string} [why] what is wrong with the printer, where that is known
 */
export function noPaper(paper, why) {
  if (paper === "fault" && why) return t("kiosk.paper.fault_why", { why: t(`kiosk.printer.${why}`) });
  return t(`kiosk.paper.${paper}`);
}

/** @param {{ paper: string, why?: string }} props */
function PaperNote({ paper, why }) {
  if (paper === "held" || paper === "check_in") return null;
  if (paper === "coming" || paper === "printed") {
    return html`<p class="paper"><span class="arrow" aria-hidden="true"></span>${t("kiosk.take_paper")}</p>`;
  }
  if (paper === "out" || paper === "fault") return html`<p class="paper notice warn">${noPaper(paper, why)}</p>`;
  return html`<p class="paper remember">${t("kiosk.remember")}</p>`;
}

/** @param {{ low_s: number, high_s: number }} w */
const range = (w) => ({ low: Math.floor(w.low_s / 60), high: Math.ceil(w.high_s / 60) });

/** A page that says one thing. @param {any} props */
export function Say({ kind, title, text, children }) {
  const ref = useFit(4, [title, text, lang.value, flow.large.value]);
  return html`<main class=${`say ${kind}`} ref=${ref}>
    <div class="sign" data-box>
      <h1>${title}</h1>
      ${text && html`<p>${text}</p>`}
      ${children}
    </div>
  </main>`;
}

/** What the supervisor says in an emergency, in every language, alone on the screen. @param {{ text: Record<string, string> }} props */
export function Emergency({ text }) {
  const texts = Object.entries(text).sort(([a], [b]) => Number(b === lang.value) - Number(a === lang.value));
  return html`<${Say} kind="stop" title=${t("kiosk.emergency")} text="">
    ${texts.map(([l, words]) => html`<p class="message" key=${l} lang=${l}>${words}</p>`)}
  <//>`;
}

/** @param {{ state: any, now: Date }} props */
export function Closed({ state, now }) {
  const back = state.services.map((/** @type {flow.Service} */ s) => s.back_at).filter(Boolean).sort()[0];
  const time = back && when(back, now);
  const lunch = back && time && !time.includes("/");
  const hours = html`<ul class="hours" aria-label=${t("kiosk.hours")}>
    ${state.hours.map((/** @type {string} */ h) => html`<li key=${h}>${hoursWords(h)}</li>`)}
  </ul>`;
  return lunch
    ? html`<${Say} kind="closed" title=${t("kiosk.lunch", { time })} text=${t("kiosk.lunch_help")}>${hours}<//>`
    : html`<${Say} kind="closed" title=${t("kiosk.closed")}
        text=${[t("kiosk.closed_help"), time && t("kiosk.closed_until", { time })].filter(Boolean).join(" ")}>${hours}<//>`;
}

/**
 * "mon-fri 07:30-11:30" of the centre's file, in words.
 * @param {string} line
 */
function hoursWords(line) {
  return line
    .replace(/\b(mon|tue|wed|thu|fri|sat|sun)\b/g, (d) => t(`common.day.${d}`))
    .replace(/(\d\d:\d\d)-(\d\d:\d\d)/, ": $1 – $2")
    .replace(" :", ":")
    .replace("-", " – ");
}

/** @param {{ id: string, name: flow.Text }} c */
function group(c) {
  flow.group.value = c;
  flow.moreTime();
}

/** What stands before everything else until it is answered. */
export function DialogBox() {
  const d = flow.dialog.value;
  const first = useRef(/** @type {HTMLButtonElement | null} */ (null));
  useEffect(() => {
    first.current?.focus();
  }, [d?.name]);
  if (!d) return null;
  const button = (/** @type {string} */ kind, /** @type {string} */ key, /** @type {() => void} */ act, lead = false) =>
    html`<button class=${`button ${kind}`} data-action=${key} ref=${lead ? first : undefined} onClick=${act}>${t(key)}</button>`;
  return html`<div class=${flow.large.value ? "veil large" : "veil"}>
    <div class="dialog" role="alertdialog" aria-modal="true" aria-labelledby="dialog-text">
      ${d.name === "again" &&
      html`<p id="dialog-text">${t("kiosk.again", { number: d.number })}</p>
        ${button("main", "kiosk.again_no", flow.reset, true)} ${button("", "kiosk.again_yes", () => flow.take(d.service))}`}
      ${d.name === "idle" &&
      html`<p id="dialog-text">${t("kiosk.idle")}</p>
        <p class="count">${t("kiosk.idle_count", { n: d.left })}</p>
        ${button("main", "kiosk.idle_more", flow.moreTime, true)}`}
      ${d.name === "age" &&
      html`<p id="dialog-text">${t("kiosk.scan.age", { class: say(d.class.name) })}</p>
        ${button("main", "kiosk.scan.age_yes", () => group(d.class), true)} ${button("", "kiosk.scan.age_no", flow.moreTime)}`}
      ${d.name === "dossier" &&
      html`<p id="dialog-text">${t("kiosk.scan.dossier_ask", { service: say(d.service.name) })}</p>
        ${button("main", "kiosk.scan.dossier_yes", () => flow.take(d.service), true)} ${button("", "kiosk.scan.dossier_no", flow.moreTime)}`}
      ${d.name === "say" &&
      html`<p id="dialog-text">${d.text}</p>
        ${button("main", "kiosk.close", flow.moreTime, true)}`}
    </div>
  </div>`;
}
