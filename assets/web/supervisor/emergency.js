// The emergency message: written or chosen here, asked once, then on every screen
// until somebody ends it.
import { html, signal, useEffect, useRef } from "/web/vendor/preact.js";
import { post } from "/web/lib/api.js";
import { lang, t, wordsOf } from "/web/lib/words.js";

const MOST = 200; // letters in one language
const READY = ["fire", "power", "stop"];

const texts = signal(/** @type {Record<string, string>} */ ({}));
/** Whether the supervisor is asked just now. */
export const asking = signal(false);
const failed = signal("");

/** @param {string} which @param {string[]} languages */
async function choose(which, languages) {
  const found = /** @type {Record<string, string>} */ ({});
  for (const l of languages) {
    const say = await wordsOf(l, "counter.sup.emergency").catch(() => null);
    const key = `counter.sup.emergency.${which}.text`;
    if (say && say(key) !== key) found[l] = say(key);
  }
  texts.value = found;
}

/** @param {string} path @param {object} body */
async function send(path, body) {
  failed.value = "";
  try {
    await post(path, body);
  } catch (err) {
    failed.value = /** @type {import("/web/lib/api.js").Problem} */ (err).detail || t("counter.failed");
  }
}

/** The notice while it is shown, with the way to end it. */
export function EmergencyNow({ text }) {
  return html`<p class="notice error" role="alert">${t("counter.emergency", { text: text[lang.value] ?? Object.values(text)[0] })}
    <button type="button" class="button slim" onClick=${() => send("/api/v1/emergency/end", {})}>${t("counter.sup.emergency.end")}</button></p>`;
}

/** @param {{ languages: string[] }} props */
export function EmergencyForm({ languages }) {
  const some = languages.some((l) => texts.value[l]?.trim());
  return html`<section class="urgent" aria-labelledby="urgent"><h2 id="urgent">${t("counter.sup.emergency")}</h2>
    <p>${t("counter.sup.emergency.about")}</p>
    <p class="choices">${READY.map((r) => html`<button type="button" class="button slim" key=${r} onClick=${() => choose(r, languages)}>${t(`counter.sup.emergency.${r}`)}</button>`)}</p>
    ${languages.map((l) => html`<label key=${l}>${t("counter.sup.emergency.text", { lang: l.toUpperCase() })}
      <textarea rows="3" lang=${l} maxlength=${MOST} value=${texts.value[l] ?? ""}
        onInput=${(e) => { texts.value = { ...texts.value, [l]: e.target.value }; }}></textarea>
      <small>${t("counter.sup.emergency.left", { n: MOST - (texts.value[l] ?? "").length })}</small></label>`)}
    ${failed.value && html`<p class="notice warn" role="alert">${failed.value}</p>`}
    <p><button type="button" class="button danger" disabled=${!some} onClick=${() => { asking.value = true; }}>${t("counter.sup.emergency.show")}</button></p>
  </section>`;
}

export function EmergencyAsk() {
  const box = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useEffect(() => {
    box.current?.showModal();
  }, []);
  const show = () => {
    asking.value = false;
    send("/api/v1/emergency", { text: texts.value });
  };
  return html`<dialog ref=${box} aria-labelledby="urgent-ask" onClose=${() => { asking.value = false; }}>
    <p id="urgent-ask">${t("counter.sup.emergency.ask")}</p>
    ${Object.entries(texts.value).map(([l, text]) => text.trim() && html`<p class="quote" key=${l} lang=${l}>${text}</p>`)}
    <p class="buttons">
      <button type="button" class="button" autofocus onClick=${() => { asking.value = false; }}>${t("counter.cancel")}</button>
      <button type="button" class="button danger" onClick=${show}>${t("counter.sup.emergency.yes")}</button>
    </p>
  </dialog>`;
}
