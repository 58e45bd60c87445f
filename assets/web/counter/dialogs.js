// Commands that need one more word: where to, why, whom, how long.
import { html, useEffect, useRef, useState } from "/web/vendor/preact.js";
import { t } from "/web/lib/words.js";
import { now } from "/web/lib/page.js";
import { act, dialog, id, seen, ticket } from "/web/counter/desk.js";
import { text } from "/web/counter/names.js";

const PAUSES = ["meeting", "field", "online", "lunch", "other"];
const PARKS = ["supplement", "result", "fee", "other"];
const OUTCOMES = ["received", "returned", "advised", "supplement", "refused"];

function Frame({ title, children, onSubmit }) {
  const box = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useEffect(() => {
    box.current?.showModal();
  }, []);
  return html`<dialog ref=${box} aria-labelledby="dialog-title" onClose=${() => { dialog.value = ""; }}>
    <form onSubmit=${(e) => { e.preventDefault(); onSubmit?.(); dialog.value = ""; }}>
      <h2 id="dialog-title">${title}</h2>
      ${children}
      <p class="buttons">
        <button type="button" class="button" onClick=${() => { dialog.value = ""; }}>${t("counter.cancel")} <kbd>Esc</kbd></button>
        ${onSubmit && html`<button type="submit" class="button main">${t("counter.ok")} <kbd>Enter</kbd></button>`}
      </p>
    </form>
  </dialog>`;
}

/** Choices that the digits 1 to 9 take at once. @param {{ list: { id: string, name: string }[], take: (id: string) => void }} props */
function Choices({ list, take }) {
  const pick = (/** @type {string} */ chosen) => { dialog.value = ""; take(chosen); };
  useEffect(() => {
    const key = (/** @type {KeyboardEvent} */ e) => {
      const chosen = list[Number(e.key) - 1];
      if (!chosen || e.target instanceof HTMLInputElement) return;
      e.preventDefault();
      pick(chosen.id);
    };
    addEventListener("keydown", key);
    return () => removeEventListener("keydown", key);
  });
  return html`<div class="choices">${list.map((c, i) => html`<button type="button" class="button" key=${c.id} onClick=${() => pick(c.id)}>
    ${i < 9 && html`<kbd>${i + 1}</kbd>`}<span>${c.name}</span></button>`)}</div>`;
}

function Park() {
  return html`<${Frame} title=${t("counter.park.title")}>
    <${Choices} list=${PARKS.map((r) => ({ id: r, name: t(`counter.park.${r}`) }))} take=${(reason) => act("park", { ...seen(), reason })} />
  <//>`;
}

function Pause({ state }) {
  const [back, setBack] = useState("");
  const until = () => (back ? { until: instant(back, now.peek(), state.time_zone) } : {});
  return html`<${Frame} title=${t("counter.pause.title")}>
    <${Choices} list=${PAUSES.map((r) => ({ id: r, name: t(`counter.pause.${r}`) }))} take=${(reason) => act("pause", { reason, ...until() })} />
    <label class="field">${t("counter.pause.back")} <input type="time" value=${back} onInput=${(e) => setBack(e.currentTarget.value)} /></label>
  <//>`;
}

/**
 * A time of today in the zone of the centre as an instant; tomorrow's if it is
 * over already.
 * @param {string} hhmm
 * @param {Date} from
 * @param {string} zone
 */
function instant(hhmm, from, zone) {
  const [h, m] = hhmm.split(":").map(Number);
  const parts = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone }).formatToParts(from);
  const part = (/** @type {string} */ type) => Number(parts.find((p) => p.type === type)?.value);
  let ahead = (h - part("hour")) * 60 + m - part("minute");
  if (ahead <= 0) ahead += 24 * 60;
  return new Date(Math.floor(from.getTime() / 60_000) * 60_000 + ahead * 60_000).toISOString();
}

function Transfer({ state }) {
  const [note, setNote] = useState("");
  const places = [
    ...state.services.filter((s) => s.takes && s.id !== ticket.value?.service).map((s) => ({ id: `service/${s.id}`, name: `${text(s.name)}${s.open ? "" : ` · ${t("counter.transfer.nobody")}`}` })),
    ...state.counters.filter((c) => c.id !== id).map((c) => ({ id: `counter/${c.id}`, name: [t("counter.name", { number: c.number }), text(c.name), c.state === "open" ? "" : t(`counter.mood.${c.state}`)].filter(Boolean).join(" · ") })),
  ];
  const take = (/** @type {string} */ where) => {
    const [kind, ...rest] = where.split("/");
    act("transfer", { ...seen(), [kind]: rest.join("/"), ...(note.trim() ? { note: note.trim() } : {}) });
  };
  return html`<${Frame} title=${t("counter.transfer.title")}>
    <${Choices} list=${places} take=${take} />
    <label class="field">${t("counter.transfer.note")} <input type="text" maxlength="200" value=${note} onInput=${(e) => setNote(e.currentTarget.value)} /></label>
  <//>`;
}

function Other() {
  const [number, setNumber] = useState("");
  return html`<${Frame} title=${t("counter.other.title")} onSubmit=${() => number.trim() && act("call", { number: number.trim().toUpperCase() })}>
    <label class="field">${t("counter.other.number")} <input class="num" type="text" autofocus autocomplete="off" maxlength="12" value=${number} onInput=${(e) => setNumber(e.currentTarget.value)} /></label>
  <//>`;
}

/** Counts by outcome, for the postman with thirty dossiers. */
function Outcomes({ title, send, children = null }) {
  const [counts, setCounts] = useState(/** @type {Record<string, number>} */ ({ received: 1 }));
  const submit = () => send(Object.fromEntries(Object.entries(counts).filter(([, n]) => n > 0)));
  return html`<${Frame} title=${title} onSubmit=${submit}>
    ${children}
    <div class="counts">${OUTCOMES.map((o) => html`<label class="field" key=${o}>${t(`counter.outcome.${o}`)}
      <input class="num" type="number" min="0" max="999" value=${counts[o] ?? 0} onInput=${(e) => setCounts({ ...counts, [o]: Number(e.currentTarget.value) || 0 })} /></label>`)}</div>
  <//>`;
}

function Direct({ state }) {
  const mine = state.services.filter((s) => s.own);
  const [service, setService] = useState(mine[0]?.id ?? "");
  return html`<${Outcomes} title=${t("counter.direct.title")} send=${(outcomes) => act("serve-direct", { service, outcomes })}>
    <label class="field">${t("counter.direct.service")} <select value=${service} onChange=${(e) => setService(e.currentTarget.value)}>
      ${(mine.length ? mine : state.services).map((s) => html`<option key=${s.id} value=${s.id}>${text(s.name)}</option>`)}</select></label>
  <//>`;
}

export function Dialogs({ state }) {
  switch (dialog.value) {
    case "park": return html`<${Park} />`;
    case "pause": return html`<${Pause} state=${state} />`;
    case "transfer": return html`<${Transfer} state=${state} />`;
    case "other": return html`<${Other} />`;
    case "outcomes": return html`<${Outcomes} title=${t("counter.outcomes.title")} send=${(outcomes) => act("finish", { ...seen(), outcomes })} />`;
    case "direct": return html`<${Direct} state=${state} />`;
    default: return null;
  }
}
