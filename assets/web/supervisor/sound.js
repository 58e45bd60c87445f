// The loudspeakers of each zone: how loud, whether they are heard at all, and
// what is said on demand.
import { html, signal, useEffect, useRef } from "/web/vendor/preact.js";
import { get, post } from "/web/lib/api.js";
import { t } from "/web/lib/words.js";

const EVERY = 20_000; // another supervisor may turn a zone down too

/** What the server knows of each zone, by its id. */
const zones = signal(/** @type {Record<string, any>} */ ({}));
const asking = signal(false); // whether to say everywhere that it closes soon
const problem = signal("");

async function look() {
  try {
    const { items } = await get("/api/v1/zones");
    zones.value = Object.fromEntries(items.map((z) => [z.id, z]));
  } catch {
    // The next look may succeed; what was known stays.
  }
}

/** @param {string} path @param {object} body @returns {Promise<any>} */
async function act(path, body) {
  problem.value = "";
  try {
    return await post(path, body);
  } catch (err) {
    problem.value = /** @type {import("/web/lib/api.js").Problem} */ (err).detail || t("counter.failed");
  }
}

/** @param {string} id @param {number} percent */
async function turn(id, percent) {
  const zone = await act(`/api/v1/zones/${id}/volume`, { percent });
  if (zone) zones.value = { ...zones.value, [id]: zone };
}

/** @param {{ id: string }[]} all @param {string} say */
const announce = (all, say) => Promise.all(all.map((z) => act(`/api/v1/zones/${z.id}/announce`, { say })));

function Zone({ z, name }) {
  const known = zones.value[z.id];
  const percent = known?.percent ?? 100;
  return html`<li class=${known?.silent ? "silent" : ""}>
    <b>${name}</b>
    <label><span class="visually-hidden">${t("voice.sup.volume", { zone: name })}</span>
      <input type="range" min="10" max="100" step="5" value=${percent} disabled=${!known} onChange=${(e) => turn(z.id, Number(e.currentTarget.value))} />
      <output class="num">${percent} %</output></label>
    <button type="button" class="button slim" onClick=${() => announce([z], "test")}>${t("counter.sup.sound.test", { zone: name })}</button>
    ${known?.quiet && html`<small>${t("voice.sup.quiet")}</small>`}
    ${known?.silent && html`<small class="say">${t("voice.sup.silent")}</small>`}
  </li>`;
}

/** Everyone in the building hears it, so it is asked. */
function Ask({ all }) {
  const box = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useEffect(() => {
    box.current?.showModal();
  }, []);
  return html`<dialog ref=${box} aria-labelledby="ask-say" onClose=${() => { asking.value = false; }}>
    <p id="ask-say">${t("voice.sup.ask")}</p>
    <p><q>${t("voice.sup.closing.text")}</q></p>
    <p class="buttons">
      <button type="button" class="button" autofocus onClick=${() => { asking.value = false; }}>${t("counter.cancel")}</button>
      <button type="button" class="button danger" onClick=${() => { asking.value = false; announce(all, "closing"); }}>${t("voice.sup.yes")}</button>
    </p>
  </dialog>`;
}

/** @param {{ all: { id: string, name: Record<string, string> }[], text: (names: Record<string, string>) => string }} props */
export function Sound({ all, text }) {
  useEffect(() => {
    look();
    const timer = setInterval(look, EVERY);
    return () => clearInterval(timer);
  }, []);
  return html`<section aria-labelledby="sound"><h2 id="sound">${t("counter.sup.sound")}</h2>
    ${problem.value && html`<p class="notice warn" role="alert">${problem.value}</p>`}
    <ul class="sound">${all.map((z) => html`<${Zone} key=${z.id} z=${z} name=${text(z.name)} />`)}</ul>
    <p class="say-all"><button type="button" class="button slim" onClick=${() => { asking.value = true; }}>${t("voice.sup.closing")}</button>
      <a class="button slim" href="/studio">${t("voice.sup.studio")}</a></p>
    ${asking.value && html`<${Ask} all=${all} />`}
  </section>`;
}
