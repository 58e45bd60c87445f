// The recording studio: a supervisor gives the hall a human voice. One recording
// of a script made on a phone is enough; single lines are done anew.
import { html, render, signal, useEffect, useRef } from "/web/vendor/preact.js";
import { get, post } from "/web/lib/api.js";
import { lang, loadWords, t } from "/web/lib/words.js";
import { Lines, Paper } from "/web/studio/lines.js";
import { playPlan, upload } from "/web/studio/sound.js";
import { busy, change, choose, done, list, nameOf, OTHERS, pack, packs, problem, SLOW, work } from "/web/studio/state.js";
import { forget, Take } from "/web/studio/take.js";

const LANG = "xinmoi.lang";
const ready = signal(false);
const removing = signal(false);

/** @param {string} l */
function speak(l) {
  loadWords(l, "studio").then(() => {
    if (!ready.value) open(new URLSearchParams(location.search).get("voice") ?? "vi"); // what it says wants its words
    ready.value = true;
    localStorage.setItem(LANG, l);
    document.title = t("studio.title");
  }, () => setTimeout(() => speak(l), 2_000));
}
speak(new URLSearchParams(location.search).get("lang") ?? localStorage.getItem(LANG) ?? "vi");

/** @param {string} wanted */
const open = (wanted) => work(t("studio.loading"), async () => {
  forget();
  await list();
  await choose(wanted);
});

function Voices() {
  const here = pack.value?.language;
  const known = packs.value.map((p) => p.language);
  return html`<section aria-labelledby="voices"><h2 id="voices">${t("studio.voices")}</h2>
    <ul class="voices">${packs.value.map((p) => html`<li key=${p.language}><button type="button" class="button" aria-pressed=${here === p.language} onClick=${() => open(p.language)}>
      <b>${nameOf(p.language)}</b> <span>${p.own || p.shipped ? p.name : t("studio.no_voice")}</span> ${p.own && html`<small>${t("studio.recorded", { n: p.recorded, all: p.needed })}</small>`}</button></li>`)}
      <li><label>${t("studio.other")} <select value="" onChange=${(e) => { const l = e.currentTarget.value; e.currentTarget.value = ""; if (l) open(l); }}>
        <option value="">${t("studio.choose")}</option>${OTHERS.filter((l) => !known.includes(l)).map((l) => html`<option key=${l} value=${l}>${nameOf(l)}</option>`)}</select></label></li></ul>
  </section>`;
}

function Name() {
  const p = pack.value;
  return html`<form class="name" onSubmit=${(e) => {
    e.preventDefault();
    work(t("studio.saving"), () => change("", { name: String(new FormData(e.currentTarget).get("name")) }));
  }}><label>${t("studio.name")} <input name="name" required maxlength="100" key=${p?.language + (p?.name ?? "")} defaultValue=${p?.own ? p.name : ""} placeholder=${t("studio.name.example")} /></label>
    <button type="submit" class="button">${t("studio.save")}</button></form>`;
}

/** The words of a language that the house has no grammar of. */
function Words() {
  const p = pack.value;
  return html`<section aria-labelledby="words"><h2 id="words">${t("studio.words", { lang: nameOf(p?.language ?? "") })}</h2>
    <p>${t("studio.words.about")}</p>
    <form key=${p?.language} onSubmit=${(e) => {
      e.preventDefault();
      work(t("studio.saving"), () => change("", { words: Object.fromEntries(/** @type {any} */ (new FormData(e.currentTarget))) }));
    }}><div class="words">${p?.words?.map((w) => html`<label key=${w.key}><span>${w.meaning}</span><input name=${w.key} maxlength="200" lang=${p.language} defaultValue=${w.text} /></label>`)}</div>
      <p class="buttons"><button type="submit" class="button main">${t("studio.save")}</button></p></form>
  </section>`;
}

function Try() {
  return html`<section aria-labelledby="try"><h2 id="try">${t("studio.try")}</h2>
    <form class="name" onSubmit=${(e) => {
      e.preventDefault();
      const f = new FormData(e.currentTarget);
      work(t("studio.loading"), async () => {
        const plan = await get(`/api/v1/voice/packs/${pack.value?.language}/try?number=${encodeURIComponent(String(f.get("number")))}&counter=${encodeURIComponent(String(f.get("counter")))}`);
        await playPlan(plan.cues);
        done.value = plan.text;
      });
    }}><label>${t("studio.try.number")} <input name="number" defaultValue="A012" size="6" maxlength="8" required /></label>
      <label>${t("studio.try.counter")} <input name="counter" defaultValue="5" size="3" maxlength="4" required /></label>
      <button type="submit" class="button">▶ ${t("studio.hear")}</button></form>
  </section>`;
}

/** @param {File} file */
const bring = (file) => work(t("studio.bringing"), async () => {
  const id = await upload(file);
  const r = await post("/api/v1/voice/packs", { upload: id }, SLOW);
  await list();
  await choose(r.language);
  done.value = [t("studio.brought", { name: r.name, n: r.clips }), r.mastered.length && t("studio.brought.mastered", { n: r.mastered.length }),
    r.skipped.length && t("studio.brought.skipped", { list: r.skipped.join(", ") })].filter(Boolean).join(" ");
});

function Zip() {
  const p = pack.value;
  return html`<section aria-labelledby="zip"><h2 id="zip">${t("studio.zip")}</h2><p>${t("studio.zip.about")}</p>
    <p class="row">${p?.own && html`<a class="button" href=${`/api/v1/voice/packs/${p.language}/zip`} download>${t("studio.zip.out")}</a>`}
      <label class="button file">${t("studio.zip.in")}<input type="file" id="zip-file" accept=".zip,application/zip" onChange=${(e) => { const [f] = e.currentTarget.files ?? []; e.currentTarget.value = ""; if (f) bring(f); }} /></label>
      ${p?.own && html`<button type="button" class="button danger" onClick=${() => { removing.value = true; }}>${t("studio.remove")}</button>`}</p>
  </section>`;
}

function Remove() {
  const box = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useEffect(() => {
    box.current?.showModal();
  }, []);
  return html`<dialog ref=${box} aria-labelledby="ask" onClose=${() => { removing.value = false; }}>
    <p id="ask">${t("studio.remove.ask", { name: pack.value?.name })}</p>
    <p class="buttons"><button type="button" class="button" autofocus onClick=${() => { removing.value = false; }}>${t("studio.cancel")}</button>
      <button type="button" class="button danger" onClick=${() => {
        removing.value = false;
        work(t("studio.saving"), () => change("/remove"));
      }}>${t("studio.remove.yes")}</button></p>
  </dialog>`;
}

function Studio() {
  if (!ready.value) return null;
  const p = pack.value;
  return html`<header class="head"><h1>${t("studio.title")}</h1><a href="/supervisor">${t("studio.back")}</a>
      <div class="langs" role="group" aria-label=${t("studio.language")}>${["vi", "en"].map((l) => html`<button type="button" key=${l} aria-pressed=${lang.value === l} lang=${l} onClick=${() => speak(l)}>${l.toUpperCase()}</button>`)}</div></header>
    <main aria-busy=${busy.value !== ""}>
      <div class="state" role="status">${busy.value ? html`<p class="notice info">${busy.value}</p>` : done.value && html`<p class="notice info">${done.value}</p>`}</div>
      ${problem.value && html`<p class="notice warn" role="alert">${problem.value}</p>`}
      <${Voices} />
      ${p && html`<section aria-labelledby="this"><h2 id="this">${nameOf(p.language)}</h2><${Name} />
        ${(p.skipped?.length ?? 0) > 0 && html`<p class="notice warn">${t("studio.skipped", { list: p.skipped?.join(", ") })}</p>`}</section>
      ${p.words && html`<${Words} />`}
      <${Take} /><${Lines} /><${Try} /><${Zip} />`}
    </main>
    ${p && html`<${Paper} />`}
    ${removing.value && html`<${Remove} />`}`;
}

render(html`<${Studio} />`, /** @type {HTMLElement} */ (document.getElementById("studio")));
