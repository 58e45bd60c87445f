// The kiosk: one touch, one number. flow.js has what happens, views.js the pages.
import { render, signal } from "/web/vendor/preact.js";
import { connect } from "/web/lib/feed.js";
import { clock, html, now, pageID, reloadNightly, setScale } from "/web/lib/page.js";
import { lang, t } from "/web/lib/words.js";
import * as flow from "/web/kiosk/flow.js";
import { Closed, DialogBox, Emergency, Groups, Home, Say, TicketPage, noPaper } from "/web/kiosk/views.js";

const DIAGONAL = 21.5; // inches; ?diagonal= says another
const PATIENCE = 5_000; // from the start of the page until it says that there is no server

/** What the printer's notes mean for the paper of a ticket. @type {Record<string, string>} */
const PAPER = {
  "printer.printed": "printed",
  "printer.sent": "printed", // by a printer that cannot say more
  "printer.interrupted": "fault",
  "printer.dropped": "fault",
};
const SHUT = new Set(["closed_now", "day_not_open"]); // the whole house is, when all its services are

const id = pageID();
const unknown = signal(false); // the server knows no such kiosk
const late = signal(false);

setScale(DIAGONAL);
await started();
const feed = connect(`kiosk/${id}`, {
  onState(state) {
    const first = flow.state.value === null;
    flow.state.value = state;
    unknown.value = false;
    if (first) flow.reset();
    // After a power cut the book may have lost a number. This page knows, if it ran on.
    if (state.doubt) feed.send({ type: "gave", epoch: feed.born().epoch, born: feed.born().seq, last: flow.lastGiven(id) });
    flow.printerIs(state.paper);
  },
  onMessage(msg) {
    const paper = PAPER[msg.type];
    if (paper) flow.paperIs(msg.ticket, paper);
    if (msg.type === "scanned") flow.scanned(/** @type {any} */ (msg));
  },
  mayReload: flow.quiet,
});
render(html`<${App} />`, /** @type {HTMLElement} */ (document.getElementById("app")));
reloadNightly(flow.quiet);
setTimeout(() => (late.value = true), PATIENCE);
setInterval(() => flow.state.value === null && ask(), PATIENCE);
addEventListener("pointerdown", flow.watchIdle, { capture: true });
addEventListener("keydown", flow.watchIdle, { capture: true });
addEventListener("contextmenu", (e) => e.preventDefault());
flow.watchIdle();

// The words may be out of reach at first, when a kiosk starts before its server.
async function started() {
  for (;;) {
    try {
      return await flow.start(new URLSearchParams(location.search).get("lang") ?? "vi");
    } catch {
      await new Promise((wake) => setTimeout(wake, 2_000));
    }
  }
}

// A refused line does not say why; ask whether there is such a kiosk at all.
async function ask() {
  const answer = await fetch(`/api/v1/kiosks/${encodeURIComponent(id)}`).catch(() => null);
  unknown.value = answer?.status === 404;
}

function App() {
  const state = flow.state.value;
  const page = flow.page.value;
  if (state?.emergency) return html`<div class="kiosk emergency"><${Emergency} text=${state.emergency} /></div>`;
  document.title = `${t("kiosk.title")} – ${flow.say(state?.name) || "Xin Mời"}`;
  return html`<div class=${`kiosk page-${page.name}${flow.large.value ? " large" : ""}${flow.low.value ? " low" : ""}`}
      inert=${flow.dialog.value !== null}>
      <${Header} state=${state} />
      ${state && html`<${Notices} state=${state} page=${page} />`}
      <${Body} state=${state} page=${page} />
      ${state && html`<${Tools} state=${state} page=${page} />`}
    </div>
    <${DialogBox} />`;
}

/** @param {{ state: any }} props */
function Header({ state }) {
  return html`<header>
    <div class="centre">
      ${flow.say(state?.authority) && html`<p class="authority">${flow.say(state.authority)}</p>`}
      <p class="centre-name">${flow.say(state?.name) || "Xin Mời"}</p>
    </div>
    ${state && !state.clock_untrusted && html`<p class="clock num">${clock(now.value, state.time_zone)}</p>`}
  </header>`;
}

/** The one thing to know before a touch. @param {{ state: any, page: flow.Page }} props */
function Notices({ state, page }) {
  const paper = state.paper === "out" || state.paper === "fault";
  const say = paper ? noPaper(state.paper, state.paper_why) : state.clock_untrusted ? t("kiosk.clock") : "";
  return html`<div class="notices" role="status">
    ${say && page.name === "home" && html`<p class="notice warn">${say}</p>`}
  </div>`;
}

/** @param {{ state: any, page: flow.Page }} props */
function Body({ state, page }) {
  // A number that was taken stays in sight whatever happens to the server.
  if (page.name === "ticket" && state) return html`<${TicketPage} state=${state} ticket=${page.ticket} paper=${page.paper} />`;
  if (unknown.value) {
    return html`<${Say} kind="stop" title=${t("kiosk.unknown")} text=${t("kiosk.unknown_help", { kiosk: id })} />`;
  }
  if (!state && !late.value) return html`<${Say} kind="calm" title=${t("kiosk.starting")} />`;
  if (!state || !feed.online.value || state.disk_low) {
    return html`<${Say} kind="stop" title=${t("kiosk.offline")} text=${t("kiosk.offline_help")} />`;
  }
  if (page.name === "returned") return html`<${Say} kind="calm" title=${t("kiosk.returned", { number: page.number })} />`;
  if (state.services.length === 0) return html`<${Say} kind="stop" title=${t("kiosk.no_services")} />`;
  if (state.services.every((/** @type {flow.Service} */ s) => !s.open && SHUT.has(s.code ?? ""))) {
    return html`<${Closed} state=${state} now=${now.value} />`;
  }
  if (page.name === "groups") return html`<${Groups} state=${state} />`;
  return html`<${Home} state=${state} now=${minute(now.value)} />`;
}

// minute changes once a minute, so that the tiles are not measured each second.
let shown = new Date(0);
/** @param {Date} at */
function minute(at) {
  if (Math.floor(at.getTime() / 60_000) !== Math.floor(shown.getTime() / 60_000)) shown = at;
  return shown;
}

/** @param {{ state: any, page: flow.Page }} props */
function Tools({ state, page }) {
  const home = page.name === "home";
  const running = feed.online.value && !state.disk_low;
  const open = running && state.services.some((/** @type {flow.Service} */ s) => s.open);
  const back = page.name === "groups" || (home && (flow.group.value || flow.card.value));
  return html`<footer>
    ${page.name !== "ticket" &&
    html`<div class="row">
      ${back && html`<button class="button" data-box data-action="back" onClick=${flow.back}>${t("kiosk.back")}</button>`}
      ${home && !back && open && state.priority.length > 0 &&
      html`<button class="button" data-box data-action="priority" onClick=${() => (flow.page.value = { name: "groups" })}>
        ${t("kiosk.priority")}
      </button>`}
      ${running && html`<button class="button" data-box data-action="help" onClick=${flow.help}>${t("kiosk.help")}</button>`}
    </div>`}
    <nav class="bar" aria-label=${t("kiosk.tools")}>
      ${state.languages.length > 1 && state.languages.map(
        (/** @type {any} */ l) => html`<button key=${l.code} class="tool" lang=${l.code} data-box data-lang=${l.code}
          aria-pressed=${l.code === lang.value} onClick=${() => flow.setLanguage(l.code)}>${l.name}</button>`,
      )}
      <button class="tool" data-box data-action="large" aria-pressed=${flow.large.value}
        onClick=${() => (flow.large.value = !flow.large.value)}>${t("kiosk.large")}</button>
      <button class="tool low-button" data-box data-action="low" aria-pressed=${flow.low.value}
        onClick=${() => (flow.low.value = !flow.low.value)}>${t("kiosk.low")}</button>
    </nav>
  </footer>`;
}
