// The check before the doors open: every device shows itself, and people say
// whether it did.
import { html, signal } from "/web/vendor/preact.js";
import { post } from "/web/lib/api.js";
import { clock } from "/web/lib/page.js";
import { t } from "/web/lib/words.js";

const busy = signal(false);
const problem = signal("");

/**
 * @typedef {{ id: string, kind: string, counter?: string, sign: string, answer?: string, conditions: string[] }} Item
 * @typedef {{ asked_at?: string, items: Item[] }} Check
 */

/** @param {() => Promise<any>} work */
async function act(work) {
  if (busy.value) return;
  busy.value = true;
  problem.value = "";
  try {
    await work();
  } catch (err) {
    problem.value = /** @type {import("/web/lib/api.js").Problem} */ (err).detail || t("counter.failed");
  } finally {
    busy.value = false;
  }
}

/** Signs and keypads hear of it by one call; each printer is asked for its slip. @param {Item[]} items */
const begin = (items) => act(async () => {
  await post("/api/v1/morning");
  const printers = items.filter((i) => i.sign === "slip").map((i) => i.id.split("/")[1]);
  await Promise.all(printers.map((id) => post(`/api/v1/printers/${id}/slips`, { kind: "test" })));
});

/** @param {string} device @param {boolean} good */
const answer = (device, good) => act(() => post("/api/v1/morning/answers", { device, good }));

/** @param {{ i: Item, counters: { id: string, number: string }[] }} props */
function One({ i, counters }) {
  const at = counters.find((c) => c.id === i.counter);
  const name = `${t(`counter.kind.${i.kind}`)}${at ? ` · ${t("counter.name", { number: at.number })}` : ""}`;
  const button = (/** @type {string} */ what) => html`<button type="button" class="button slim ${what}" data-answer=${what} disabled=${busy.value}
    aria-pressed=${i.answer === what} onClick=${() => answer(i.id, what === "good")}>${t(`counter.morning.${what}`)}<span class="visually-hidden"> ${name}</span></button>`;
  return html`<li data-device=${i.id} class=${i.answer ?? ""}>
    <span><b>${name}</b> <code>${i.id.split("/")[1]}</code>
      <span class="ask">${t(`counter.morning.ask.${i.sign}`)}${i.conditions.length > 0 && html` <small>${i.conditions.map((c) => t(`counter.condition.${c}`)).join(", ")}</small>`}</span></span>
    <span class="answers">${button("good")}${button("bad")}</span>
  </li>`;
}

/** @param {{ check: Check, counters: any[], zone: string }} props */
export function Morning({ check, counters, zone }) {
  const { items, asked_at } = check;
  const answered = items.filter((i) => i.answer).length;
  const bad = items.filter((i) => i.answer === "bad").length;
  return html`<section aria-labelledby="morning" class="morning"><h2 id="morning">${t("counter.morning")}</h2>
    ${problem.value && html`<p class="notice warn" role="alert">${problem.value}</p>`}
    <p>${asked_at ? t("counter.morning.asked", { at: clock(asked_at, zone) }) : t("counter.morning.never")}
      ${asked_at && html` <b>${t(bad ? "counter.morning.sum_bad" : "counter.morning.sum", { n: answered, of: items.length, bad })}</b>`}</p>
    <p><button type="button" class="button slim" data-action="morning" disabled=${busy.value} onClick=${() => begin(items)}>${t(asked_at ? "counter.morning.again" : "counter.morning.begin")}</button>
      <small>${t("counter.morning.hint")}</small></p>
    ${asked_at && html`<ul>${items.map((i) => html`<${One} key=${i.id} i=${i} counters=${counters} />`)}</ul>`}
  </section>`;
}
