// The printers and their paper, and the slips that take no number.
import { html, render, signal } from "/web/vendor/preact.js";
import { lang, loadWords, t } from "/web/lib/words.js";
import { Papers, busy, printers, reprint, tell, watchPapers } from "/web/printers/papers.js";

const LANG = "xinmoi.lang"; // as the supervisor's page keeps it

const ready = signal(false);
const said = signal("");

async function begin() {
  try {
    await loadWords(new URLSearchParams(location.search).get("lang") ?? localStorage.getItem(LANG) ?? "vi", "printer,counter.condition,counter.sup");
    document.title = t("printer.house.title");
    ready.value = true;
    watchPapers();
  } catch {
    setTimeout(begin, 2_000);
  }
}
begin();

/** @param {string} at RFC 3339, in the time of the centre */
const when = (at) => `${at.slice(11, 16)} ${at.slice(8, 10)}/${at.slice(5, 7)}`;

/** @param {string} id @param {string} kind */
async function print(id, kind) {
  said.value = "";
  if (await tell(`${id}/slips`, { kind, lang: lang.value })) said.value = t("printer.house.asked", { slip: t(`printer.house.${kind}`), printer: id });
}

/** @param {string} id */
async function changed(id) {
  said.value = "";
  if (confirm(t("printer.house.changed.ask", { printer: id })) && (await tell(`${id}/roll`))) said.value = t("printer.house.changed.done", { printer: id });
}

/** @param {SubmitEvent} e */
async function again(e) {
  e.preventDefault();
  said.value = "";
  const box = /** @type {HTMLInputElement} */ (document.getElementById("again"));
  const number = box.value.trim().toUpperCase();
  if (number && (await reprint([number]))) {
    said.value = t("printer.house.again.asked", { number });
    box.value = "";
  }
}

/** Somebody has lost the ticket, or got none. */
const Again = () => html`<section aria-labelledby="again-title">
  <h2 id="again-title">${t("printer.house.again")}</h2>
  <form class="row" onSubmit=${again}>
    <label for="again">${t("printer.house.again.number")}</label>
    <input id="again" class="num" autocomplete="off" maxlength="8" size="8" required />
    <button class="button" disabled=${busy.value}>${t("printer.house.again.do")}</button>
  </form>
</section>`;

function Roll({ p }) {
  const low = p.left !== undefined && p.left * 10 <= p.of;
  return html`<dl>
    <div><dt>${t("printer.house.tickets")}</dt><dd class="num">${p.tickets}</dd></div>
    <div><dt>${t("printer.house.metres")}</dt><dd class="num">${new Intl.NumberFormat(lang.value, { maximumFractionDigits: 1 }).format(p.metres)} m</dd></div>
    <div class=${low ? "warn" : ""}><dt>${t("printer.house.left")}</dt><dd class=${p.left === undefined ? "" : "num"}>${p.left === undefined ? t("printer.house.left.unknown") : `≈ ${p.left}`}</dd></div>
    <div><dt>${t("printer.house.since")}</dt><dd>${p.since ? when(p.since) : t("printer.house.since.unknown")}</dd></div>
  </dl>`;
}

function Printer({ p }) {
  const bad = p.conditions.length > 0;
  const state = !p.known ? t("counter.sup.unknown") : bad ? p.conditions.map((c) => t(`counter.condition.${c}`)).join(", ") : t("counter.sup.good");
  const kinds = ["test", "pages", "summary", "closing"];
  return html`<section aria-labelledby=${`printer-${p.id}`}>
    <h2 id=${`printer-${p.id}`}><code>${p.id}</code> ${p.title}</h2>
    <p class="state ${bad ? "bad" : p.known ? "good" : ""}">${state}</p>
    <${Roll} p=${p} />
    <p class="row">${kinds.map((k) => html`<button type="button" class="button" key=${k} disabled=${busy.value} onClick=${() => print(p.id, k)}>${t(`printer.house.${k}`)}</button>`)}
      <button type="button" class="button" disabled=${busy.value} onClick=${() => changed(p.id)}>${t("printer.house.changed")}</button></p>
  </section>`;
}

function House() {
  if (!ready.value) return null;
  return html`<header class="head"><h1>${t("printer.house.title")}</h1><a href="/supervisor/slip">${t("printer.slip.title")}</a><a href="/supervisor">${t("printer.slip.back")}</a></header>
    <main>
      <${Papers} />
      ${said.value && html`<p class="notice info" role="status">${said.value}</p>`}
      ${printers.value.map((p) => html`<${Printer} key=${p.id} p=${p} />`)}
      ${printers.value.length > 0 && html`<${Again} />`}
      <p class="hint">${t("printer.house.hint", { line: "roll_tickets = 900" })}</p>
    </main>`;
}

render(html`<${House} />`, /** @type {HTMLElement} */ (document.getElementById("printers")));
