// What only the book knows: what time it is, which numbers a power cut has cost,
// and why one number was called before another.
import { html, signal, useEffect, useRef } from "/web/vendor/preact.js";
import { get, post } from "/web/lib/api.js";
import { clock } from "/web/lib/page.js";
import { t } from "/web/lib/words.js";

const EVERY = 10_000; // the machine's clock is shown to the minute

/** @param {any} err */
const words = (err) => /** @type {import("/web/lib/api.js").Problem} */ (err).detail || t("counter.failed");
/** @param {string} day "2026-11-26" */
const written = (day) => day.split("-").reverse().join("/");

/** As people say it: "9 giờ 03". @param {string} at */
function said(at) {
  const [hour, minute] = clock(at).split(":");
  return t("counter.sup.at_time", { hour: Number(hour), minute });
}

const machine = signal(""); // its time, RFC 3339 with the centre's offset
const typed = signal({ date: "", time: "" });
/** What is to be set, once it has been asked whether the day may end. */
const ending = signal(/** @type {{ body: object, date: string } | null} */ (null));
const wrong = signal("");

async function look() {
  try {
    machine.value = (await get("/api/v1/clock")).machine;
  } catch {
    // The next look may succeed.
  }
}

/** @param {object} body */
async function set(body) {
  ending.value = null;
  wrong.value = "";
  try {
    await post("/api/v1/clock", body);
    typed.value = { date: "", time: "" };
  } catch (err) {
    wrong.value = words(err);
  }
}

/**
 * A later date ends the open day, and nobody can take that back: so it is asked.
 * @param {object} body @param {string} date of it @param {string} day that is open
 */
function ask(body, date, day) {
  if (day && date > day) ending.value = { body, date };
  else set(body);
}

/** @param {{ day: string, waiting: number }} props */
export function ClockQuestion({ day, waiting }) {
  useEffect(() => {
    look();
    const again = setInterval(look, EVERY);
    return () => clearInterval(again);
  }, []);
  const { date, time } = typed.value;
  const its = machine.value;
  return html`<form class="notice warn clock" onSubmit=${(e) => {
    e.preventDefault();
    ask({ now: `${date}T${time}` }, date, day);
  }}>
    <h2>${t("counter.sup.clock.ask")}</h2>
    <p class="row">
      <label>${t("counter.sup.clock.date")} <input type="date" required value=${date} onInput=${(e) => { typed.value = { ...typed.value, date: e.currentTarget.value }; }} /></label>
      <label>${t("counter.sup.clock.time")} <input type="time" required value=${time} onInput=${(e) => { typed.value = { ...typed.value, time: e.currentTarget.value }; }} /></label>
      <button class="button">${t("counter.sup.clock.set")}</button>
      ${its && html`<span>${t("counter.sup.clock.machine", { time: clock(its), date: written(its.slice(0, 10)) })}</span>
        <button type="button" class="button" onClick=${() => ask({ right: true }, its.slice(0, 10), day)}>${t("counter.sup.clock.right")}</button>`}
    </p>
    ${wrong.value && html`<p role="alert">${wrong.value}</p>`}
    <p><small>${t("counter.sup.clock.meanwhile")}</small></p>
    ${ending.value && html`<${Ending} waiting=${waiting} />`}
  </form>`;
}

function Ending({ waiting }) {
  const box = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useEffect(() => {
    box.current?.showModal();
  }, []);
  const { body, date } = /** @type {{ body: object, date: string }} */ (ending.value);
  return html`<dialog ref=${box} aria-labelledby="ending" onClose=${() => { ending.value = null; }}>
    <p id="ending">${t("counter.sup.clock.ends", { date: written(date), n: waiting })}</p>
    <p class="buttons">
      <button type="button" class="button" autofocus onClick=${() => { ending.value = null; }}>${t("counter.cancel")}</button>
      <button type="button" class="button danger" onClick=${() => set(body)}>${t("counter.sup.clock.yes")}</button>
    </p>
  </dialog>`;
}

/** @param {{ outage: { at: string, lost?: number, skipped: { from: string, to: string, cause: string, at: string }[] } }} props */
export function Outage({ outage }) {
  return html`<div class="notice ${outage.lost ? "error" : "info"}">
    ${outage.lost && html`<p role="alert">${t("counter.sup.lost", { time: said(outage.at), n: outage.lost })}</p>`}
    ${outage.skipped.map((s) => html`<p key=${s.from}>${t(`counter.sup.skipped.${s.cause}`, { from: s.from, to: s.to, time: said(s.at) })}</p>`)}
  </div>`;
}

const answer = signal("");
const failed = signal("");

/** @param {SubmitEvent} e */
async function why(e) {
  e.preventDefault();
  const form = /** @type {HTMLFormElement} */ (e.currentTarget);
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    const text = String(value).trim().toUpperCase();
    if (text) query.set(name, text);
  }
  answer.value = failed.value = "";
  try {
    answer.value = (await get(`/api/v1/audit/why?${query}`)).sentence;
  } catch (err) {
    failed.value = words(err);
  }
}

/** @param {{ day: string }} props */
export function Why({ day }) {
  return html`<section aria-labelledby="why"><h2 id="why">${t("counter.sup.why")}</h2>
    <form class="why row" onSubmit=${why}>
      <label>${t("counter.sup.why.first")} <input name="first" class="num" required maxlength="8" size="6" autocomplete="off" /></label>
      <label>${t("counter.sup.why.second")} <input name="second" class="num" required maxlength="8" size="6" autocomplete="off" /></label>
      <label>${t("counter.sup.why.day")} <input name="day" type="date" max=${day || undefined} /></label>
      <button class="button slim">${t("counter.sup.why.ask")}</button>
    </form>
    <p role="status">${answer.value}</p>
    ${failed.value && html`<p role="alert" class="long">${failed.value}</p>`}
  </section>`;
}
