// The hall at a glance: five numbers, the counters, the services, the devices.
import { html, render, signal, useEffect, useRef } from "/web/vendor/preact.js";
import { post } from "/web/lib/api.js";
import { connect } from "/web/lib/feed.js";
import { goneToHelp, hearHelp, help } from "/web/lib/help.js";
import { lang, loadWords, t } from "/web/lib/words.js";
import { clock, now, reloadNightly } from "/web/lib/page.js";
import { ClockQuestion, Outage, Why } from "/web/supervisor/book.js";
import { Papers, Roll, watchPapers } from "/web/printers/papers.js";
import { Boards } from "/web/supervisor/boards.js";
import { Notices } from "/web/supervisor/notices.js";
import * as emergency from "/web/supervisor/emergency.js";
import { Morning } from "/web/supervisor/morning.js";
import { Sound } from "/web/supervisor/sound.js";

const LANG = "xinmoi.lang";
const LONG_WAIT = 30 * 60; // seconds; above it a number is shown as a warning
const LONG_WORK = 30;
const ready = signal(false);
const asking = signal(false); // whether to close the day
const busy = signal(false);
const problem = signal("");
const mayReload = () => !asking.value && !emergency.asking.value;
const feed = connect("supervisor/all", { onMessage: hearHelp, mayReload });
reloadNightly(mayReload);
watchPapers();

/** @param {string} l */
function speak(l) {
  loadWords(l, "counter,voice,printer.paper").then(() => {
    ready.value = true;
    localStorage.setItem(LANG, l);
    document.title = t("counter.sup.title");
  }, () => setTimeout(() => speak(l), 2_000));
}
speak(new URLSearchParams(location.search).get("lang") ?? localStorage.getItem(LANG) ?? "vi");

/** @param {Record<string, string> | undefined} names */
const text = (names) => names?.[lang.value] ?? names?.vi ?? Object.values(names ?? {})[0] ?? "";
/** @param {string | undefined} at */
const seconds = (at) => (at ? Math.max(0, (now.value.getTime() - Date.parse(at)) / 1000) : 0);
/** @param {number} s */
const minutes = (s) => t("counter.minutes", { n: Math.floor(s / 60) });

/** @param {string} path @param {object} body */
async function act(path, body = {}) {
  if (busy.value) return;
  busy.value = true;
  problem.value = "";
  try {
    await post(path, body);
  } catch (err) {
    problem.value = /** @type {import("/web/lib/api.js").Problem} */ (err).detail || t("counter.failed");
  } finally {
    busy.value = false;
  }
}

function Figure({ name, value, more = "", warn = false }) {
  return html`<li class=${warn ? "warn" : ""}><span>${name}</span><b class="num">${value}</b><small>${more}</small></li>`;
}

function Figures({ state }) {
  const f = state.now;
  const oldest = seconds(f.oldest);
  return html`<ul class="figures">
    <${Figure} name=${t("counter.sup.waiting")} value=${f.waiting} />
    <${Figure} name=${t("counter.sup.oldest")} value=${f.oldest ? minutes(oldest) : "–"} more=${f.oldest_number} warn=${oldest > LONG_WAIT} />
    <${Figure} name=${t("counter.sup.p90")} value=${f.called ? minutes(Math.max(60, f.p90_wait_s + 59)) : "–"} warn=${f.p90_wait_s > LONG_WAIT} />
    <${Figure} name=${t("counter.sup.open")} value=${`${f.open}/${f.counters}`} warn=${f.open === 0 && f.waiting > 0} />
    <${Figure} name=${t("counter.sup.pleased")} value=${f.rated ? `${Math.round((100 * f.pleased) / f.rated)} %` : "–"} more=${f.rated ? t("counter.sup.ratings", { n: f.rated }) : t("counter.sup.no_ratings")} />
  </ul>`;
}

const Title = ({ say }) => html`<th scope="col">${t(`counter.sup.col.${say}`)}</th>`;

function Counter({ c }) {
  const cur = c.ticket;
  const at = cur ? (cur.state === "serving" ? cur.started_at : cur.called_at) : c.since;
  const long = cur?.state === "serving" && seconds(at) > LONG_WORK * 60;
  const mood = c.state !== "open" ? c.state : cur ? cur.state : c.armed ? "armed" : "ready";
  return html`<tr>
    <th scope="row"><a href=${`/counter/${c.id}`} title=${t("counter.sup.page", { number: c.number })}>${c.number}</a> <span>${text(c.name)}</span></th>
    <td><span class="mood ${mood}">${t(`counter.mood.${mood}`)}</span> ${c.state === "paused" && [c.reason && t(`counter.pause.${c.reason}`), c.until && t("counter.until", { at: clock(c.until) })].filter(Boolean).join(", ")}</td>
    <td>${c.clerk ?? ""}</td>
    <td class="num">${cur?.number ?? ""}</td>
    <td class=${long ? "long" : ""}>${cur ? minutes(seconds(at)) : ""}</td>
    <td class="num">${c.waiting}</td>
    <td>${c.state === "open"
      ? html`<button type="button" class="button slim" disabled=${busy.value || !!cur} onClick=${() => act(`/api/v1/counters/${c.id}/close`)} aria-label=${`${t("counter.do.close")} ${c.number}`}>${t("counter.do.close")}</button>`
      : html`<button type="button" class="button slim" disabled=${busy.value} onClick=${() => act(`/api/v1/counters/${c.id}/open`)} aria-label=${`${t("counter.do.open")} ${c.number}`}>${t("counter.do.open")}</button>`}</td>
  </tr>`;
}

/** What a system says of a port, each with its word. @type {[RegExp, string][]} */
const TROUBLES = [
  [/connection refused/, "refused"],
  [/no route to host|network is unreachable|host is down/, "unreachable"],
  [/i\/o timeout|connection timed out/, "timeout"],
  [/no such host|server misbehaving/, "no_host"],
  [/no such file or directory|no such device/, "no_device"],
  [/permission denied/, "not_permitted"],
];

/** The detail of a device's trouble, in the reader's language where it is a known one. @param {string} detail */
function inWords(detail) {
  const known = TROUBLES.find(([pattern]) => pattern.test(detail));
  return known ? detail.replace(known[0], t(`counter.trouble.${known[1]}`)) : detail;
}

function Device({ d, counters }) {
  const at = counters.find((c) => c.id === d.counter);
  const bad = d.conditions.length > 0;
  const say = !d.known ? t("counter.sup.unknown") : bad ? d.conditions.map((c) => t(`counter.condition.${c}`)).join(", ") : t("counter.sup.good");
  return html`<li class=${bad ? "bad" : d.known ? "good" : ""}>
    <span class="mark" aria-hidden="true">${bad ? "!" : d.known ? "✓" : "?"}</span>
    <span><b>${t(`counter.kind.${d.kind}`)}${at ? ` · ${t("counter.name", { number: at.number })}` : ""}</b> <code>${d.id.split("/")[1]}</code>
      <span class="say">${say}${bad && d.since ? ` · ${t("counter.sup.since", { at: clock(d.since) })}` : ""}${bad && d.detail ? html` <small>${inWords(d.detail)}</small>` : ""}</span>${d.kind === "printer" ? html`<${Roll} id=${d.id.split("/")[1]} />` : ""}</span>
  </li>`;
}

/** Closing the day cannot be taken back, so it is asked. */
function Ask({ waiting }) {
  const box = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useEffect(() => {
    box.current?.showModal();
  }, []);
  return html`<dialog ref=${box} aria-labelledby="ask" onClose=${() => { asking.value = false; }}>
    <p id="ask">${t("counter.sup.close_day.ask", { n: waiting })}</p>
    <p class="buttons">
      <button type="button" class="button" autofocus onClick=${() => { asking.value = false; }}>${t("counter.cancel")}</button>
      <button type="button" class="button danger" onClick=${() => { asking.value = false; act("/api/v1/day/close"); }}>${t("counter.sup.close_day.yes")}</button>
    </p>
  </dialog>`;
}

function Supervisor() {
  const state = feed.state.value;
  if (!state || !ready.value) return null;
  return html`<header class="head">
      <h1>${t("counter.sup.title")}<span>${text(state.centre)}</span></h1>
      <p>${state.day ? t("counter.sup.day", { day: state.day.split("-").reverse().join("/") }) : t("counter.sup.no_day")}</p>
      ${state.day
        ? html`<button type="button" class="button slim" disabled=${busy.value} onClick=${() => { asking.value = true; }}>${t("counter.sup.close_day")}</button>`
        : html`<button type="button" class="button slim" disabled=${busy.value} onClick=${() => act("/api/v1/day/open")}>${t("counter.sup.open_day")}</button>
          <a class="button slim" href="/supervisor/printers">${t("counter.sup.report")}</a>`}
      <div class="langs" role="group" aria-label=${t("counter.language")}>${state.languages.map((l) => html`<button type="button" key=${l} aria-pressed=${lang.value === l} lang=${l} onClick=${() => speak(l)}>${l.toUpperCase()}</button>`)}</div>
      ${!state.clock_untrusted && html`<time class="num">${clock(now.value, state.time_zone)}</time>`}
    </header>
    <main>
      ${!feed.online.value && html`<p class="notice error" role="alert">${t("counter.sup.offline")}</p>`}
      ${state.emergency && html`<${emergency.EmergencyNow} text=${state.emergency} />`}
      ${problem.value && html`<p class="notice warn" role="alert">${problem.value}</p>`}
      ${help.value && html`<p class="notice warn" role="alert">${t("counter.help", { kiosk: help.value })}
        <button type="button" class="button slim" onClick=${goneToHelp}>${t("counter.help.gone")}</button></p>`}
      ${state.clock_untrusted && html`<${ClockQuestion} day=${state.day} waiting=${state.now.waiting} />`}
      ${state.outage && html`<${Outage} outage=${state.outage} />`}
      ${state.disk_low && html`<p class="notice warn">${t("counter.disk_low")}</p>`}
      <${Papers} />
      <${Figures} state=${state} />
      <p class="today">${t("counter.sup.today", { issued: state.now.issued, finished: state.now.finished, missed: state.now.no_show })}</p>
      <div class="columns">
        <div><section aria-labelledby="counters"><h2 id="counters">${t("counter.sup.counters")}</h2>
          <table><thead><tr>${["counter", "state", "clerk", "ticket", "minutes", "waiting", "action"].map((say) => html`<${Title} key=${say} say=${say} />`)}</tr></thead>
            <tbody>${state.counters.map((c) => html`<${Counter} key=${c.id} c=${c} />`)}</tbody></table></section>
          <${Why} day=${state.day} />
          ${!state.emergency && html`<${emergency.EmergencyForm} languages=${state.languages} />`}
          ${state.boards.length > 0 && html`<${Notices} />`}</div>
        <div>
          <section aria-labelledby="services"><h2 id="services">${t("counter.sup.services")}</h2>
            <table><thead><tr>${["service", "waiting", "open"].map((say) => html`<${Title} key=${say} say=${say} />`)}</tr></thead>
              <tbody>${state.services.map((s) => html`<tr key=${s.id}><th scope="row">${text(s.name)}</th><td class="num">${s.waiting}</td><td class="num ${s.open === 0 && s.waiting > 0 ? "long" : ""}">${s.open}</td></tr>`)}</tbody></table></section>
          <section aria-labelledby="devices"><h2 id="devices">${t("counter.sup.devices")}</h2>
            <ul class="devices">${state.devices.map((d) => html`<${Device} key=${d.id} d=${d} counters=${state.counters} />`)}</ul>
            <p><a href="/supervisor/printers">${t("counter.sup.printers")}</a></p></section>
          ${state.morning.items.length > 0 && html`<${Morning} check=${state.morning} counters=${state.counters} zone=${state.time_zone} />`}
          ${state.boards.length > 0 && html`<${Boards} boards=${state.boards} />`}
          ${state.zones.length > 0 && html`<${Sound} all=${state.zones} text=${text} />`}
        </div>
      </div>
    </main>
    ${emergency.asking.value && html`<${emergency.EmergencyAsk} />`}
    ${asking.value && html`<${Ask} waiting=${state.now.waiting} />`}`;
}

render(html`<${Supervisor} />`, /** @type {HTMLElement} */ (document.getElementById("supervisor")));
