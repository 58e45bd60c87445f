// Every line of the script with what is recorded of it: heard, recorded anew,
// brought in as a file.
import { html, signal } from "/web/vendor/preact.js";
import { t } from "/web/lib/words.js";
import { base64, decode, hasMicrophone, loudness, playClip, record, toWAV } from "/web/studio/sound.js";
import { change, pack, work } from "/web/studio/state.js";

/** Whether lines are shown that this centre does not need. */
const all = signal(false);
/** The line that is being recorded. */
const at = signal("");
/** @type {null | (() => Promise<Blob>)} */
let stop = null;

/** @param {string} name @param {() => Promise<AudioBuffer>} sound */
const keep = (name, sound) => work(t("studio.mastering"), async () => {
  await change(`/clips/${name}`, { wav: await base64(toWAV(await sound())) });
});

/** What the microphone heard; a second press right after the first leaves nothing that can be read. */
const spoken = (end) => async () => {
  try {
    return await decode(await end());
  } catch {
    throw { detail: t("studio.too_short") };
  }
};

/** @param {string} name */
async function microphone(name) {
  if (stop) {
    const end = stop;
    stop = null;
    at.value = "";
    await keep(name, spoken(end));
  } else {
    await work(t("studio.opening"), async () => {
      stop = await record();
      at.value = name;
    });
  }
}

function Line({ l, n, shipped }) {
  const c = l.clip;
  const on = at.value === l.name;
  const machine = !c && shipped;
  return html`<tr class=${c ? (c.faults?.length ? "poor" : "good") : ""}>
    <td class="num">${n}</td>
    <th scope="row">${l.text}<span class="end">${l.end ? "." : " …"}</span></th>
    <td>${c
      ? html`<b>${t("studio.own")}</b> <small>${t("studio.measured", { s: (c.ms / 1000).toFixed(1), lufs: (c.lufs ?? 0).toFixed(1), noise: c.noise_db ?? 0 })}</small>
        ${(c.faults ?? []).map((f) => html`<small class="bad" key=${f}>${t(`studio.fault.${f}`)}</small>`)}`
      : html`<span class="none">${t(machine ? "studio.machine" : "studio.none")}</span>`}</td>
    <td class="tools"><button type="button" class="button slim" disabled=${!c && !machine} onClick=${() => playClip(pack.value?.language ?? "vi", l.name, c?.ms ?? 0)} aria-label=${`${t("studio.hear")} ${l.text}`}>▶</button>
      ${hasMicrophone() && html`<button type="button" class="button slim ${on ? "danger" : ""}" disabled=${at.value !== "" && !on} onClick=${() => microphone(l.name)} aria-label=${`${t(on ? "studio.stop" : "studio.record")} ${l.text}`}>${on ? t("studio.stop") : "●"}</button>`}
      <label class="button slim file">${t("studio.file")}<input type="file" aria-label=${`${t("studio.file")} ${l.text}`} accept="audio/*,.m4a,.mp3,.wav"
        onChange=${(e) => { const [f] = e.currentTarget.files ?? []; e.currentTarget.value = ""; if (f) keep(l.name, () => decode(f)); }} /></label>
      ${on && html`<meter min="0" max="1" low="0.05" high="0.9" optimum="0.4" value=${loudness.value} aria-label=${t("studio.loudness")}></meter>`}</td>
  </tr>`;
}

function Table({ lines, shipped, from }) {
  return html`<table><thead><tr><th scope="col">#</th><th scope="col">${t("studio.col.text")}</th><th scope="col">${t("studio.col.state")}</th><th scope="col">${t("studio.col.do")}</th></tr></thead>
    <tbody>${lines.map((l, i) => html`<${Line} key=${l.name} l=${l} n=${from + i} shipped=${shipped} />`)}</tbody></table>`;
}

export function Lines() {
  const p = /** @type {import("/web/studio/state.js").Pack} */ (pack.value);
  const needed = p.lines.filter((l) => l.needed);
  const besides = p.lines.filter((l) => !l.needed);
  return html`<section aria-labelledby="lines"><h2 id="lines">${t("studio.lines")} <small>${t("studio.recorded", { n: p.recorded, all: p.needed })}</small></h2>
    <${Table} lines=${needed} shipped=${p.shipped} from=${1} />
    ${besides.length > 0 && html`<p class="row"><button type="button" class="button" aria-expanded=${all.value} onClick=${() => { all.value = !all.value; }}>${t("studio.besides", { n: besides.length })}</button></p>`}
    ${all.value && html`<${Table} lines=${besides} shipped=${p.shipped} from=${needed.length + 1} />`}
  </section>`;
}

/** The script on one sheet of A4. */
export function Paper() {
  const p = /** @type {import("/web/studio/state.js").Pack} */ (pack.value);
  return html`<div class="paper" aria-hidden="true">
    <h1>${t("studio.script")}</h1>
    <p>${t("studio.script.how")}</p>
    <ol>${p.lines.filter((l) => l.needed).map((l) => html`<li key=${l.name}>${l.text}${l.end ? "." : " …"}</li>`)}</ol>
  </div>`;
}
