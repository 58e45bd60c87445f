// One recording of the whole script: cut at its pauses by the server, looked
// through here, kept line by line.
import { html, signal } from "/web/vendor/preact.js";
import { post } from "/web/lib/api.js";
import { t } from "/web/lib/words.js";
import { decode, hasMicrophone, loudness, play, record, toWAV, upload } from "/web/studio/sound.js";
import { change, done, pack, SLOW, work } from "/web/studio/state.js";

/** @typedef {{ from_ms: number, to_ms: number, line: number }} Stretch */

/** The recording that is looked through. */
const take = signal(/** @type {{ id: string, sound: AudioBuffer, lines: import("/web/studio/state.js").Line[], quality: any } | null} */ (null));
const stretches = signal(/** @type {Stretch[]} */ ([]));
const sent = signal(0);
/** Ends the recording that is being made. */
const stop = signal(/** @type {null | (() => Promise<Blob>)} */ (null));

export function forget() {
  take.value = null;
  stretches.value = [];
}

/** @param {Blob} blob */
function cut(blob) {
  return work(t("studio.cutting"), async () => {
    const lines = pack.value?.lines.filter((l) => l.needed) ?? [];
    const sound = await decode(blob);
    sent.value = 0;
    const id = await upload(toWAV(sound), (share) => { sent.value = share; });
    const answer = await post(`/api/v1/voice/packs/${pack.value?.language}/cut`, { upload: id, lines: lines.map((l) => l.name) }, SLOW);
    take.value = { id, sound, lines, quality: answer.quality };
    stretches.value = answer.stretches;
  });
}

function keep() {
  return work(t("studio.mastering"), async () => {
    const { id, lines } = /** @type {any} */ (take.value);
    const parts = stretches.value.filter((s) => s.line >= 0).map((s) => ({ name: lines[s.line].name, from_ms: s.from_ms, to_ms: s.to_ms }));
    await change("/keep", { upload: id, parts });
    forget();
    done.value = t("studio.kept", { n: parts.length });
  });
}

async function microphone() {
  if (stop.value) {
    const end = stop.value;
    stop.value = null;
    await cut(await end());
  } else {
    await work(t("studio.opening"), async () => { stop.value = await record(); });
  }
}

/** Moves the lines of this and all later stretches by one. @param {number} at @param {number} by */
function shift(at, by) {
  const last = (take.value?.lines.length ?? 0) - 1;
  stretches.value = stretches.value.map((s, i) => (i < at || s.line < 0 ? s : { ...s, line: s.line + by >= 0 && s.line + by <= last ? s.line + by : -1 }));
}

/** @param {number} at @param {number} line */
function assign(at, line) {
  stretches.value = stretches.value.map((s, i) => (i === at ? { ...s, line } : s));
}

/** @param {number} at */
function join(at) {
  const [a, b] = stretches.value.slice(at, at + 2);
  const both = { from_ms: a.from_ms, to_ms: b.to_ms, line: a.line >= 0 ? a.line : b.line };
  stretches.value = [...stretches.value.slice(0, at), both, ...stretches.value.slice(at + 2)];
}

const seconds = (ms) => (ms / 1000).toFixed(1).replace(".", ",");

function Row({ s, i, lines, twice }) {
  return html`<tr class=${s.line < 0 ? "off" : twice ? "twice" : ""}>
    <td><button type="button" class="button slim" onClick=${() => play(/** @type {any} */ (take.value).sound, s.from_ms, s.to_ms)} aria-label=${t("studio.hear")}>▶</button></td>
    <td class="num">${seconds(s.from_ms)}<small> + ${seconds(s.to_ms - s.from_ms)} ${t("studio.s")}</small></td>
    <td><select aria-label=${t("studio.line")} value=${s.line} onChange=${(e) => { assign(i, Number(e.currentTarget.value)); }}>
        <option value="-1">${t("studio.no_line")}</option>
        ${lines.map((l, n) => html`<option key=${l.name} value=${n}>${n + 1}. ${l.text}${l.end ? "." : " …"}</option>`)}
      </select>${twice && html` <b class="bad">${t("studio.twice")}</b>`}</td>
    <td class="tools"><button type="button" class="button slim" title=${t("studio.up")} aria-label=${t("studio.up")} onClick=${() => shift(i, -1)}>↑</button>
      <button type="button" class="button slim" title=${t("studio.down")} aria-label=${t("studio.down")} onClick=${() => shift(i, 1)}>↓</button>
      <button type="button" class="button slim" disabled=${i + 1 >= stretches.value.length} onClick=${() => join(i)}>${t("studio.join")}</button></td>
  </tr>`;
}

function Look() {
  const { lines, quality } = /** @type {any} */ (take.value);
  const used = stretches.value.map((s) => s.line);
  const twice = (line, i) => line >= 0 && used.indexOf(line) !== i;
  const missing = lines.map((l, n) => ({ ...l, n })).filter((l) => !used.includes(l.n));
  const bad = used.some(twice);
  const found = used.filter((l) => l >= 0).length;
  return html`<div class="look">
    <p class="notice ${missing.length || bad || found < stretches.value.length ? "warn" : "info"}" role="status">${t("studio.found", { n: stretches.value.length, lines: lines.length, matched: found })}
      ${(quality.faults ?? []).map((f) => html` <span key=${f}>${t(`studio.fault.${f}`)}</span>`)}</p>
    ${missing.length > 0 && html`<p>${t("studio.missing")} ${missing.map((l) => html`<q key=${l.name}>${l.n + 1}. ${l.text}</q> `)}</p>`}
    <table><thead><tr><th scope="col">${t("studio.col.hear")}</th><th scope="col">${t("studio.col.at")}</th><th scope="col">${t("studio.col.line")}</th><th scope="col">${t("studio.col.mend")}</th></tr></thead>
      <tbody>${stretches.value.map((s, i) => html`<${Row} key=${`${s.from_ms}-${s.to_ms}`} s=${s} i=${i} lines=${lines} twice=${twice(s.line, i)} />`)}</tbody></table>
    <p class="buttons"><button type="button" class="button" onClick=${forget}>${t("studio.drop")}</button>
      <button type="button" id="keep" class="button main" disabled=${bad || found === 0} onClick=${keep}>${t("studio.keep", { n: found })}</button></p>
  </div>`;
}

export function Take() {
  return html`<section aria-labelledby="take"><h2 id="take">${t("studio.take")}</h2>
    <ol class="steps">
      <li><button type="button" class="button" onClick=${() => print()}>${t("studio.print")}</button> ${t("studio.take.read")}</li>
      <li><label class="button file">${t("studio.take.file")}<input type="file" id="take-file" accept="audio/*,video/mp4,.m4a,.mp3,.wav,.amr,.3gp,.ogg,.opus"
          onChange=${(e) => { const [f] = e.currentTarget.files ?? []; e.currentTarget.value = ""; if (f) cut(f); }} /></label>
        ${hasMicrophone()
          ? html`<button type="button" class="button ${stop.value ? "danger" : ""}" onClick=${microphone}>${t(stop.value ? "studio.stop" : "studio.take.here")}</button>`
          : html`<span class="hint">${t("studio.no_microphone")}</span>`}
        ${stop.value && html`<meter min="0" max="1" low="0.05" high="0.9" optimum="0.4" value=${loudness.value} aria-label=${t("studio.loudness")}></meter> ${loudness.value > 0.98 && html`<b class="bad">${t("studio.fault.clipped")}</b>`}`}</li>
      <li>${t("studio.take.look")}</li>
    </ol>
    ${sent.value > 0 && sent.value < 1 && html`<progress max="1" value=${sent.value}></progress>`}
    ${take.value && html`<${Look} />`}
  </section>`;
}
