// The paper of the printers, and the question that a page of the staff asks when
// it was changed. Thermal paper put in upside down prints nothing, and the
// printer does not know.
import { html, signal } from "/web/vendor/preact.js";
import { get, post } from "/web/lib/api.js";
import { t } from "/web/lib/words.js";

const EVERY = 2_000; // ms between two looks

/** The printers as the server told them last. */
export const printers = signal(/** @type {any[]} */ ([]));
/** Numbers of people who wait and got no paper. */
export const lacking = signal(/** @type {string[]} */ ([]));
/** What is wrong with the centre's own slip, in words. */
export const slip = signal(/** @type {string[]} */ ([]));
/** What went wrong with the last answer or order, in words. */
export const trouble = signal("");
export const busy = signal(false);

async function look() {
  try {
    const told = await get("/api/v1/printers");
    printers.value = told.items;
    slip.value = told.slip;
    lacking.value = told.lacking;
  } catch {
    // The page says by itself when the server is away; look again.
  }
}

/** Looks at the printers for as long as the page is open. */
export async function watchPapers() {
  if (!document.hidden) await look();
  setTimeout(watchPapers, EVERY);
}

/**
 * Tells the server something about a printer.
 * @param {string} path below /api/v1/printers/
 * @param {object} [body]
 * @returns {Promise<boolean>} whether it went well
 */
export const tell = (path, body = {}) => ask(() => post(`/api/v1/printers/${path}`, body));

/**
 * Has tickets printed again.
 * @param {string[]} numbers
 */
export const reprint = (numbers) =>
  ask(async () => {
    /** @type {unknown} */
    let refused = null;
    for (const number of numbers) {
      try {
        await post("/api/v1/reprints", { number });
      } catch (err) {
        refused ??= err; // the others get theirs all the same
      }
    }
    if (refused) throw refused;
  });

/** @param {() => Promise<any>} order @returns {Promise<boolean>} whether it went well */
async function ask(order) {
  if (busy.value) return false;
  busy.value = true;
  trouble.value = "";
  try {
    await order();
    await look();
    return true;
  } catch (err) {
    trouble.value = /** @type {any} */ (err).detail || t("printer.paper.failed");
    return false;
  } finally {
    busy.value = false;
  }
}

/** One printer's question, or what is to be done after the answer "no". */
function Question({ p }) {
  if (p.wrong) {
    return html`<div class="notice error" role="alert"><p>${t("printer.paper.turn", { printer: p.id })}</p>
      ${p.blank > 0 && html`<p>${t("printer.paper.again", { n: p.blank })}</p>`}
      <p><button type="button" class="button" disabled=${busy.value} onClick=${() => tell(`${p.id}/roll`)}>${t("printer.paper.turned")}</button></p></div>`;
  }
  return html`<div class="notice warn" role="alert"><p>${t("printer.paper.ask", { printer: p.id })}</p>
    <p><button type="button" class="button" disabled=${busy.value} onClick=${() => tell(`${p.id}/paper`, { asking: p.asking, shows: true })}>${t("printer.paper.yes")}</button>
      <button type="button" class="button" disabled=${busy.value} onClick=${() => tell(`${p.id}/paper`, { asking: p.asking, shows: false })}>${t("printer.paper.no")}</button></p></div>`;
}

const NAMED = 15; // numbers; of more only how many

/** Who waits without paper. */
function Lacking() {
  const all = lacking.value;
  if (all.length === 0) return null;
  const rest = all.length - NAMED;
  return html`<div class="notice warn" role="status">
    <p>${t("printer.paper.lacking", { n: all.length })} <b>${all.slice(0, NAMED).join(", ")}${rest > 0 ? ` … (+${rest})` : ""}</b></p>
    <p>${t("printer.paper.lacking.do")}</p>
    <p><button type="button" class="button" disabled=${busy.value} onClick=${() => reprint(all)}>${t("printer.paper.reprint")}</button></p></div>`;
}

/** How much a printer's roll has given, on a line of its own. */
export function Roll({ id }) {
  const p = printers.value.find((x) => x.id === id);
  if (!p?.tickets) return null;
  return html`<small class="roll">${t("printer.paper.given", { n: p.tickets })}${p.left === undefined ? "" : ` · ${t("printer.paper.left", { n: p.left })}`}</small>`;
}

/** All that is asked of the paper now. */
export function Papers() {
  const wrong = slip.value;
  const asked = printers.value.filter((p) => p.asking);
  return html`${trouble.value && html`<p class="notice error" role="alert">${trouble.value}</p>`}
    ${wrong.length > 0 && html`<div class="notice warn" role="alert"><p>${t("printer.paper.slip")} <a href="/supervisor/slip">${t("printer.paper.slip.see")}</a></p>
      ${wrong.map((w) => html`<p key=${w}>${w}</p>`)}</div>`}
    ${asked.map((p) => html`<${Question} key=${p.id} p=${p} />`)}
    <${Lacking} />`;
}
