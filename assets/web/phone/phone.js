// A ticket on its holder's phone. The address is the right to see it.
import { render, signal } from "/web/vendor/preact.js";
import { get, post, Problem } from "/web/lib/api.js";
import { connect } from "/web/lib/feed.js";
import { html, now, pageID } from "/web/lib/page.js";
import { lang, loadWords, t } from "/web/lib/words.js";

const ROOMS = "kiosk.phone";
const LATER = 10; // minutes
const NEAR = 3; // people ahead

const link = pageID();
const unknown = signal(false);
const busy = signal(false);
const sure = signal(false); // asked whether to give the number up
const word = signal(""); // what came of the last touch
const updated = signal("");
const reached = signal(true); // the server, by whichever way

/** @param {Record<string, string> | undefined} text */
const say = (text) => text?.[lang.value] || text?.vi || "";

await words();
const feed = connect(`phone/${link}`, {
  onState(state, msg) {
    unknown.value = false;
    if (msg.type !== "snapshot" && state.state === "called") navigator.vibrate?.([400, 200, 400]);
    if (state.state !== "waiting") word.value = "";
    mark();
  },
  onOffline: ask,
  mayReload: () => !busy.value && !sure.value,
});
render(html`<${App} />`, /** @type {HTMLElement} */ (document.getElementById("app")));
const again = setInterval(() => (feed.online.value ? mark() : ask()), 10_000);
setTimeout(() => feed.state.value === null && ask(), 1_000);

// mark remembers until when what is shown was true.
function mark() {
  reached.value = true;
  const zone = feed.state.value?.issued_at.slice(-6); // "+07:00", of the centre and not of the phone
  const [h, m] = (zone ?? "+00:00").split(":").map(Number);
  const there = new Date(now.value.getTime() + (h * 60 + Math.sign(h) * m) * 60_000);
  updated.value = there.toISOString().slice(11, 16);
}

// A refused line does not say why; and where websockets do not get through, this
// is how the page hears at all.
async function ask() {
  try {
    feed.state.value = await get(`/api/v1/tickets/${link}`);
    unknown.value = false;
    mark();
  } catch (err) {
    if (!(err instanceof Problem) || err.code !== "unknown_ticket") {
      reached.value = false;
      return;
    }
    unknown.value = true; // for good: the day is over, or the link was never one
    clearInterval(again);
    feed.close();
  }
}

async function words() {
  const asked = new URLSearchParams(location.search).get("lang") ?? navigator.language.slice(0, 2);
  for (const code of [asked === "vi" ? "vi" : "en", "vi"]) {
    try {
      return await loadWords(code, ROOMS);
    } catch {
      // the other one, then whatever the keys say
    }
  }
}

/**
 * @param {string} what
 * @param {any} body
 * @param {string} done key of what to say then
 */
async function act(what, body, done) {
  busy.value = true;
  sure.value = false;
  try {
    feed.state.value = await post(`/api/v1/tickets/${link}/${what}`, body);
    word.value = done && t(done);
  } catch (err) {
    word.value = (err instanceof Problem && err.detail) || t("kiosk.phone.failed");
  }
  busy.value = false;
}

/** What to say in each state: a class for the looks, and one or two sentences. @param {any} s */
function saying(s) {
  const counter = s.counter?.number ?? "";
  switch (s.state) {
    case "waiting": {
      const near = s.ahead <= NEAR;
      const lead = s.ahead === 0 ? t("kiosk.phone.ahead_none") : t("kiosk.phone.ahead", { n: s.ahead });
      return { look: near ? "near" : "", lead, more: near ? t("kiosk.phone.near") : "" };
    }
    case "called":
      return {
        look: "called",
        lead: t("kiosk.phone.called", { counter }),
        more: [say(s.counter?.zone?.name), s.calls > 1 && t("kiosk.phone.calls", { n: s.calls })].filter(Boolean).join(" · "),
      };
    case "serving":
      return { look: "", lead: t("kiosk.phone.serving", { counter }), more: "" };
    case "parked":
      return { look: "", lead: t(s.park === "other" ? "kiosk.phone.parked" : `kiosk.phone.parked_${s.park}`), more: "" };
    case "no_show":
      return { look: "missed", lead: t("kiosk.phone.no_show"), more: t("kiosk.phone.no_show_help") };
    default:
      return { look: "over", lead: t(`kiosk.phone.${s.state}`), more: t(`kiosk.phone.${s.state}_help`) };
  }
}

function App() {
  const s = feed.state.value;
  document.title = s ? `${s.number} – ${t("kiosk.phone.title")}` : t("kiosk.phone.title");
  if (unknown.value || !s) {
    return html`<div>
      <main>
        <h1>${t("kiosk.phone.title")}</h1>
        ${unknown.value && html`<p class="lead">${t("kiosk.phone.unknown")}</p><p>${t("kiosk.phone.unknown_help")}</p>`}
      </main>
    </div>`;
  }
  const { look, lead, more } = saying(s);
  const waiting = s.state === "waiting";
  document.documentElement.className = look;
  return html`<div class=${look}>
    <header>
      <p>${say(s.centre)}</p>
      ${s.languages.length > 1 && html`<nav>
        ${s.languages.map((/** @type {any} */ l) => html`<button key=${l.code} lang=${l.code}
          aria-pressed=${l.code === lang.value} onClick=${() => loadWords(l.code, ROOMS).catch(() => {})}>${l.name}</button>`)}
      </nav>`}
    </header>
    ${s.emergency && html`<p class="emergency" role="alert">${say(s.emergency)}</p>`}
    ${!reached.value && updated.value && html`<p class="notice" role="status">${t("kiosk.phone.old", { time: updated.value })}</p>`}
    <main>
      <h1>${t("kiosk.phone.your_number")}</h1>
      <p class="number">${s.number}</p>
      <p class="service">${say(s.service)}</p>
      ${s.priority && html`<p class="badge">${t("kiosk.phone.priority")}</p>`}
      <p class="lead" role="status">${lead}</p>
      ${more && html`<p>${more}</p>`}
      ${waiting && s.counters.length > 0 && html`<p>${t("kiosk.phone.counters", { counters: list(s.counters) })}</p>`}
      ${waiting && s.wait && html`<p class="quiet">
        ${t("kiosk.phone.told", { low: Math.floor(s.wait.low_s / 60), high: Math.ceil(s.wait.high_s / 60) })}
      </p>`}
    </main>
    ${word.value && html`<p class="notice" role="status">${word.value}</p>`}
    ${waiting && s.bring.length > 0 && html`<section class="bring">
      <h2>${t("kiosk.phone.bring")}</h2>
      <ul>${s.bring.map((/** @type {string} */ line) => html`<li key=${line}>${line}</li>`)}</ul>
    </section>`}
    ${waiting && html`<${Actions} number=${s.number} />`}
    ${reached.value && updated.value && html`<footer class="updated">${t("kiosk.phone.updated", { time: updated.value })}</footer>`}
  </div>`;
}

/** @param {{ number: string }} props */
function Actions({ number }) {
  if (sure.value) {
    return html`<section class="actions">
      <p role="alert">${t("kiosk.phone.cancel_sure", { number })}</p>
      <button onClick=${() => (sure.value = false)}>${t("kiosk.phone.cancel_no")}</button>
      <button class="danger" data-action="cancel-yes" onClick=${() => act("cancel", { reason: "holder" }, "")}>
        ${t("kiosk.phone.cancel_yes")}
      </button>
    </section>`;
  }
  return html`<section class="actions">
    <button data-action="postpone" disabled=${busy.value || !reached.value}
      onClick=${() => act("postpone", { minutes: LATER }, "kiosk.phone.postponed")}>${t("kiosk.phone.postpone", { n: LATER })}</button>
    <button class="danger" data-action="cancel" disabled=${busy.value || !reached.value} onClick=${() => (sure.value = true)}>
      ${t("kiosk.phone.cancel")}
    </button>
  </section>`;
}

/** @param {string[]} numbers */
const list = (numbers) => new Intl.ListFormat(lang.value, { style: "long", type: "disjunction" }).format(numbers);
