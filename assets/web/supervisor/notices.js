// The notices of the wall boards: what is up, what cannot be shown and why, and
// how to put up more.
import { html, signal } from "/web/vendor/preact.js";
import { get, newKey, post } from "/web/lib/api.js";
import { t } from "/web/lib/words.js";

const AGAIN = 15_000;
const PIECE = 384 << 10; // bytes; a third more as base64

const files = signal(/** @type {any[]} */ ([]));
const sending = signal("");
const failed = signal("");

async function look() {
  files.value = (await get("/api/v1/notices").catch(() => ({ items: files.value }))).items;
}
look();
setInterval(look, AGAIN);

/** @param {string} file */
const path = (file) => `/api/v1/notices/${encodeURIComponent(file)}`;

/** @param {File} file */
async function send(file) {
  for (let at = 0; ; at += PIECE) {
    const bytes = new Uint8Array(await file.slice(at, at + PIECE).arrayBuffer());
    const last = at + PIECE >= file.size;
    sending.value = t("counter.sup.notices.sending", { file: file.name, percent: Math.round((100 * at) / Math.max(1, file.size)) });
    await post(path(file.name), { at, data: base64(bytes), last }, { key: newKey(), patience: 30_000 });
    if (last) return;
  }
}

/** @param {Uint8Array} bytes */
function base64(bytes) {
  let s = "";
  for (let i = 0; i < bytes.length; i += 0x8000) s += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(s);
}

/** @param {any} e */
async function add(e) {
  failed.value = "";
  for (const file of e.target.files) {
    try {
      await send(file);
    } catch (err) {
      failed.value = `${file.name}: ${/** @type {Error} */ (err).message || t("counter.failed")}`;
    }
  }
  e.target.value = "";
  sending.value = "";
  look();
}

/** @param {string} file */
async function remove(file) {
  failed.value = "";
  const answer = await fetch(path(file), { method: "DELETE" }).catch(() => null);
  if (!answer?.ok) failed.value = t("counter.failed");
  look();
}

export function Notices() {
  return html`<section aria-labelledby="notices"><h2 id="notices">${t("counter.sup.notices")}</h2>
    <p>${t("counter.sup.notices.about")}</p>
    <ul class="devices">${files.value.map((n) => html`<li key=${n.file} class=${n.bad ? "bad" : "good"}>
      <span class="mark" aria-hidden="true">${n.bad ? "!" : "✓"}</span>
      <span class="file"><b>${n.file}</b>${n.bad && html`<span class="say">${t(`counter.sup.notices.bad.${n.bad}`)}</span>`}</span>
      <button type="button" class="button slim" onClick=${() => remove(n.file)} aria-label=${`${t("counter.sup.notices.remove")} ${n.file}`}>${t("counter.sup.notices.remove")}</button></li>`)}</ul>
    ${files.value.length === 0 && html`<p>${t("counter.sup.notices.none")}</p>`}
    ${failed.value && html`<p class="notice warn" role="alert">${failed.value}</p>`}
    ${sending.value
      ? html`<p role="status">${sending.value}</p>`
      : html`<p><label class="button slim">${t("counter.sup.notices.add")}<input class="visually-hidden" type="file" multiple
          accept=".txt,.jpg,.jpeg,.png,.webp,.mp4,.webm" onChange=${add} /></label></p>`}
  </section>`;
}
