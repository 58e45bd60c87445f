// The columns beside the current ticket: who waits, who is parked, who is gone.
import { html, signal } from "/web/vendor/preact.js";
import { t } from "/web/lib/words.js";
import { clock, now } from "/web/lib/page.js";
import { act, busy, feed, legal, } from "/web/counter/desk.js";
import { className, minutes, serviceName } from "/web/counter/names.js";

const find = signal("");

/** @param {{ number: string }} x */
const matches = (x) => !find.value || x.number.toLowerCase().includes(find.value.trim().toLowerCase());

/** A small button in a row. */
function Do({ say, number, fits = true, run }) {
  return html`<button type="button" class="button slim" disabled=${!fits || busy.value !== "" || !feed.online.value} aria-label=${`${say} ${number}`}
    onClick=${(e) => { run(); e.currentTarget.blur(); }}>${say}</button>`;
}

export function Queue({ state }) {
  const rows = state.queue.filter(matches);
  const several = state.services.filter((s) => state.queue.some((q) => q.service === s.id)).length > 1;
  return html`<section class="queue" aria-labelledby="queue-title">
    <h2 id="queue-title">${t("counter.queue")} <span class="num">${state.waiting}</span></h2>
    <label class="find"><span class="visually-hidden">${t("counter.find")}</span>
      <input id="find" type="search" autocomplete="off" placeholder=${t("counter.find.hint")} value=${find.value}
        onInput=${(e) => { find.value = e.currentTarget.value; }} onKeyDown=${(e) => { if (e.key === "Escape") { find.value = ""; e.currentTarget.blur(); } }} /></label>
    ${rows.length === 0 && html`<p class="empty">${t(find.value ? "counter.find.none" : "counter.queue.empty")}</p>`}
    <ol tabindex="0" aria-labelledby="queue-title">${rows.map((q) => html`<li key=${q.id} class=${state.next?.id === q.id ? "next" : ""}>
      <span class="num">${q.number}</span>
      <span class="about">${q.class && html`<b class="class">${className(state, q.class)}</b>`}${q.mine && html`<b class="mine">${t("counter.mine")}</b>`}${q.returned && html`<b class="back">${t("counter.returned")}</b>`}
        ${(several || q.tier > 0) && html`<span class="service">${serviceName(state, q.service)}</span>`}
        <span class="since">${t("counter.minutes", { n: minutes(q.since, now.value) })}</span></span>
      <${Do} say=${t("counter.do.call")} number=${q.number} fits=${legal.value.other} run=${() => act("call", { ticket: q.id })} />
    </li>`)}</ol>
    ${state.waiting > state.queue.length && html`<p class="empty">${t("counter.queue.more", { n: state.waiting - state.queue.length })}</p>`}
  </section>`;
}

export function Side({ state }) {
  const parked = state.parked.filter(matches);
  const absent = state.absent.filter(matches);
  return html`<aside class="side" aria-label=${t("counter.side")}>
    <section aria-labelledby="parked-title"><h2 id="parked-title">${t("counter.parked")} <span class="num">${state.parked.length}</span></h2>
      ${parked.length === 0 && html`<p class="empty">${t("counter.parked.empty")}</p>`}
      <ul>${parked.map((p) => html`<li key=${p.id}>
        <span class="num">${p.number || "–"}</span>
        <span class="about"><b>${t(`counter.park.${p.park}`)}</b> <span class="since">${t("counter.since", { at: clock(p.parked_at) })}</span></span>
        <span class="do">
          <${Do} say=${t(p.park === "result" ? "counter.do.result-call" : "counter.do.call")} number=${p.number} fits=${legal.value.other}
            run=${() => act(p.park === "result" ? "result-call" : "call", { ticket: p.id })} />
          <${Do} say=${t("counter.do.return")} number=${p.number} run=${() => act("return", { ticket: p.id })} />
        </span>
      </li>`)}</ul>
    </section>
    <section aria-labelledby="absent-title"><h2 id="absent-title">${t("counter.absent")} <span class="num">${state.absent.length}</span></h2>
      ${absent.length === 0 && html`<p class="empty">${t("counter.absent.empty")}</p>`}
      <ul>${absent.map((a) => html`<li key=${a.id}>
        <span class="num">${a.number}</span>
        <span class="about"><span class="since">${t("counter.since", { at: clock(a.ended_at) })}</span>${a.no_shows > 1 && html` <b>${t("counter.missed_n", { n: a.no_shows })}</b>`}</span>
        <span class="do">
          <${Do} say=${t("counter.do.call")} number=${a.number} fits=${legal.value.other} run=${() => act("call", { ticket: a.id })} />
          <${Do} say=${t("counter.do.return")} number=${a.number} run=${() => act("return", { ticket: a.id })} />
        </span>
      </li>`)}</ul>
    </section>
  </aside>`;
}
