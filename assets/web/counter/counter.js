// The clerk's page: the queue on the left, the person at the counter in the
// middle with every command in its place, parked and absent people on the right.
import { html, render, signal } from "/web/vendor/preact.js";
import { lang, loadWords, t } from "/web/lib/words.js";
import { goneToHelp, help } from "/web/lib/help.js";
import { clock, now, reloadNightly } from "/web/lib/page.js";
import { act, answered, busy, counter, feed, legal, press, problem, restart, seen, ticket, undoLeft, waiting } from "/web/counter/desk.js";
import { Dialogs } from "/web/counter/dialogs.js";
import { Queue, Side } from "/web/counter/lists.js";
import { className, serviceName, span, text } from "/web/counter/names.js";

const LANG = "xinmoi.lang"; // of this clerk's browser
const ready = signal(false);

/** @param {string} l */
function speak(l) {
  loadWords(l, "counter").then(() => {
    ready.value = true;
    localStorage.setItem(LANG, l);
  }, () => setTimeout(() => speak(l), 2_000));
}
speak(new URLSearchParams(location.search).get("lang") ?? localStorage.getItem(LANG) ?? "vi");
reloadNightly(() => !ticket.value);

/** A button that stays in its place and is dimmed while it does not fit. */
function Button({ action, hint = "", kind = "", hot = "" }) {
  const fits = legal.value[action];
  return html`<button type="button" class="button ${kind}" id=${action} disabled=${!fits || busy.value !== ""}
      aria-busy=${busy.value === action} aria-keyshortcuts=${hot || null} onClick=${(e) => { press(action); if (e.detail > 0) e.currentTarget.blur(); }}>
    <span class="what">${t(`counter.do.${action}`)}</span>
    ${hot && html`<kbd>${hot}</kbd>`}
    ${hint && html`<small>${hint}</small>`}
  </button>`;
}

function Head({ state }) {
  const c = counter.value;
  const mood = !feed.online.value ? "offline" : c.state !== "open" ? c.state : c.armed ? "armed" : c.ticket ? c.ticket.state : "ready";
  return html`<header class="head">
    <h1>${t("counter.name", { number: c.number })}<span>${text(c.name)}</span></h1>
    <p class="mood ${mood}" role="status">${t(`counter.mood.${mood}`)}${c.state === "paused" && c.reason ? ` · ${t(`counter.pause.${c.reason}`)}` : ""}${c.state === "paused" && c.until ? ` · ${t("counter.until", { at: clock(c.until) })}` : ""}</p>
    <p class="clerk">${c.clerk ?? ""}</p>
    <div class="langs" role="group" aria-label=${t("counter.language")}>${state.languages.map((l) => html`<button type="button" key=${l} aria-pressed=${lang.value === l} lang=${l} onClick=${() => speak(l)}>${l.toUpperCase()}</button>`)}</div>
    ${!state.clock_untrusted && html`<time class="num">${clock(now.value, state.time_zone)}</time>`}
  </header>`;
}

/** One line for what the clerk must know now; it has its place always. */
function Notices({ state }) {
  if (!feed.online.value) return html`<p class="notice error" role="alert">${t(waiting.value ? "counter.offline.waiting" : "counter.offline")}</p>`;
  if (state.emergency) return html`<p class="notice error" role="alert">${t("counter.emergency", { text: text(state.emergency) })}</p>`;
  if (problem.value) {
    const { code, detail } = problem.value;
    return html`<p class="notice warn" role="alert">${detail || t(code === "unreachable" ? "counter.unreachable" : "counter.failed")}
      <button type="button" class="plain" onClick=${() => { problem.value = null; }}>${t("counter.got_it")}</button></p>`;
  }
  if (undoLeft.value > 0) {
    return html`<p class="notice info undo"><span>${ticket.value ? t("counter.undo.called", { number: ticket.value.number }) : t("counter.undo.done")}</span>
      <button type="button" id="undo" class="button" disabled=${busy.value !== ""} aria-keyshortcuts="Control+Z" onClick=${() => press("undo")}>${t("counter.do.undo")} (${undoLeft.value}) <kbd>Ctrl Z</kbd></button></p>`;
  }
  if (help.value) {
    return html`<p class="notice warn" role="alert">${t("counter.help", { kiosk: help.value })}
      <button type="button" class="plain" onClick=${goneToHelp}>${t("counter.help.gone")}</button></p>`;
  }
  if (state.clock_untrusted) return html`<p class="notice warn">${t("counter.clock_untrusted")}</p>`;
  if (state.disk_low) return html`<p class="notice warn">${t("counter.disk_low")}</p>`;
  const broken = state.devices[0];
  if (broken?.kind === "zone") return html`<p class="notice warn">${t("counter.no_loudspeaker")}</p>`;
  if (broken) return html`<p class="notice warn">${t(`counter.kind.${broken.kind}`)}: ${t(`counter.condition.${broken.conditions[0]}`)}</p>`;
  return html`<p class="notice none" aria-hidden="true"></p>`;
}

/** After a start: what became of the person who was here? */
function Restart() {
  const { number, state } = ticket.value;
  return html`<div class="restart" role="alertdialog" aria-labelledby="restart-title">
    <p id="restart-title">${t("counter.restart")} ${t(state === "serving" ? "counter.restart.serving" : "counter.restart.called", { number })}</p>
    <div>
      <button type="button" class="button" disabled=${busy.value !== "" || !feed.online.value} onClick=${() => act("recall", seen())}>${t("counter.do.recall")}</button>
      <button type="button" class="button main" disabled=${busy.value !== ""} onClick=${() => {
        answered.value = restart.value;
        if (state === "called") act("start", seen());
      }}>${t("counter.restart.go_on")}</button>
      <button type="button" class="button" disabled=${busy.value !== "" || state === "serving"} onClick=${() => act("no-show", seen())}>${t("counter.do.no-show")}</button>
    </div>
  </div>`;
}

function Current({ state }) {
  const c = counter.value;
  const cur = ticket.value;
  if (!cur) {
    const say = c.state === "closed" ? "counter.idle.closed" : c.state === "paused" ? "counter.idle.paused"
      : c.armed ? "counter.idle.armed" : state.waiting ? "counter.idle.ready" : "counter.idle.nobody";
    return html`<section class="current idle" aria-label=${t("counter.current")}><p>${t(say)}</p></section>`;
  }
  const serving = cur.state === "serving";
  const facts = [
    [t("counter.fact.waited"), span(cur.waited_s)],
    cur.calls > 1 && [t("counter.fact.calls"), String(cur.calls)],
    cur.leg > 1 && [t("counter.fact.leg"), String(cur.leg)],
    cur.no_shows > 0 && [t("counter.fact.no_shows"), String(cur.no_shows)],
    cur.lang && cur.lang !== "vi" && [t("counter.fact.lang"), cur.lang.toUpperCase()],
  ].filter(Boolean);
  return html`<section class="current ${cur.state}" aria-label=${t("counter.current")}>
    <p class="number num">${cur.number || t("counter.no_number")}</p>
    <div class="who"><p class="service">${serviceName(state, cur.service)}</p>${cur.class && html`<p class="class">${className(state, cur.class)}</p>`}</div>
    <div class="timer"><p>${t(serving ? "counter.timer.serving" : "counter.timer.called")}</p>
      <p class="num" role="timer">${span((now.value.getTime() - Date.parse(serving ? cur.started_at : cur.called_at)) / 1000)}</p></div>
    <dl>${facts.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
    ${cur.note && html`<p class="note">${t("counter.note", { note: cur.note })}</p>`}
  </section>`;
}

/** What the one key would do. */
function nextHint(state) {
  const c = counter.value;
  if (c.state !== "open") return "";
  const next = state.next;
  if (!next) return c.armed ? t("counter.next.armed") : t("counter.next.nobody");
  return `${next.number}${next.class ? ` · ${className(state, next.class)}` : ""} · ${serviceName(state, next.service)}`;
}

function Actions({ state }) {
  const c = counter.value;
  const open = c.state === "open";
  const cur = ticket.value;
  const early = cur?.state === "called" && !legal.value["no-show"];
  return html`<section class="actions" aria-label=${t("counter.actions")}>
    ${open ? html`<${Button} action="next" kind="main big" hot="Enter" hint=${nextHint(state)} />` : html`<${Button} action="open" kind="main big" hot="Enter" />`}
    <${Button} action="recall" hot="F2" hint=${cur?.calls > 1 ? t("counter.called_n", { n: cur.calls }) : ""} />
    <${Button} action="start" hot="F4" />
    <${Button} action="finish" hot="F3" kind="good" />
    <${Button} action="no-show" hot="F6" hint=${early ? t("counter.no_show.early") : ""} />
    <${Button} action="transfer" hot="F7" />
    <${Button} action="park" hot="F8" />
    <${Button} action="other" hot="F9" />
    <${Button} action="pause" hot="F10" />
    <${Button} action="close" />
    <div class="more"><${Button} action="direct" kind="slim" /><${Button} action="outcomes" kind="slim" /></div>
  </section>`;
}

function Counter() {
  const state = feed.state.value;
  if (!state || !ready.value) return null;
  document.title = `${ticket.value ? `${ticket.value.number} · ` : ""}${t("counter.name", { number: counter.value.number })}`;
  return html`<div class="desk">
    <${Head} state=${state} />
    <${Queue} state=${state} />
    <main>
      <${Notices} state=${state} />
      ${restart.value && feed.online.value ? html`<${Restart} />` : html`<${Current} state=${state} />`}
      <${Actions} state=${state} />
    </main>
    <${Side} state=${state} />
    <${Dialogs} state=${state} />
  </div>`;
}

render(html`<${Counter} />`, /** @type {HTMLElement} */ (document.getElementById("counter")));
