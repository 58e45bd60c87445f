// The slip as its centre edits it: the template, what is wrong with it, and the
// paper as it will come out. Nothing is in use before it has been saved.
import { html, render, signal, useEffect } from "/web/vendor/preact.js";
import { get, post } from "/web/lib/api.js";
import { lang, loadWords, t } from "/web/lib/words.js";

const LANG = "xinmoi.lang"; // as the supervisor's page keeps it
const LOGO = 1 << 20; // bytes, as the server takes
const PAPER = "dots:"; // and how many across: no printer's id has a colon
const QUIET = 400; // ms without a key press before the paper is drawn again

const page = signal(/** @type {any} */ (null)); // what the server told
const text = signal("");
const choice = signal({ service: "", lang: "", class: "", on: `${PAPER}576`, reprint: false });
const logo = signal(""); // base64 of a file just chosen
const paper = signal(/** @type {any} */ (null)); // the last drawing
const said = signal({ mood: "", what: "" });
const busy = signal(false);

/** @param {Record<string, string> | undefined} names */
const name = (names) => names?.[lang.value] ?? names?.vi ?? Object.values(names ?? {})[0] ?? "";

/** @param {string} l */
const language = (l) => new Intl.DisplayNames([lang.value], { type: "language" }).of(l) ?? l;

async function begin() {
  const wanted = new URLSearchParams(location.search).get("lang") ?? localStorage.getItem(LANG) ?? "vi";
  try {
    await loadWords(wanted, "printer");
    document.title = t("printer.slip.title");
    const a = await get("/api/v1/slip");
    page.value = a;
    text.value = a.template;
    choice.value = { ...choice.value, service: a.services[0]?.id ?? "", lang: a.languages[0] ?? "vi", on: a.printers[0]?.id ?? `${PAPER}576` };
    if (!a.good) said.value = { mood: "warn", what: t("printer.slip.in_force") };
  } catch {
    setTimeout(begin, 2_000);
  }
}
begin();

let drawing = 0;

/** Draws the paper; of two drawings asked for, the later one is shown. */
async function draw() {
  const mine = ++drawing;
  const { on, ...rest } = choice.value;
  const where = on.startsWith(PAPER) ? { dots: Number(on.slice(PAPER.length)) } : { printer: on };
  try {
    const a = await post("/api/v1/slip/preview", { template: text.value, logo: logo.value || undefined, ...rest, ...where });
    if (mine === drawing) paper.value = a;
  } catch (err) {
    if (mine === drawing) said.value = { mood: "error", what: /** @type {any} */ (err).detail || t("printer.slip.failed") };
  }
}

/** @param {string} template */
async function save(template) {
  if (busy.value) return;
  busy.value = true;
  try {
    const a = await post("/api/v1/slip", { template, logo: (template && logo.value) || undefined });
    if (!a.saved) {
      draw(); // which says what is wrong
      return;
    }
    page.value = await get("/api/v1/slip");
    text.value = page.value.template;
    logo.value = "";
    said.value = { mood: "info", what: t(template ? "printer.slip.saved" : "printer.slip.housed") };
  } catch (err) {
    said.value = { mood: "error", what: /** @type {any} */ (err).detail || t("printer.slip.failed") };
  } finally {
    busy.value = false;
  }
}

function saveOwn() {
  if (text.value.trim() === "") said.value = { mood: "warn", what: t("printer.slip.empty", { button: t("printer.slip.house") }) };
  else save(text.value);
}

/** @param {Event} e */
function takeLogo(e) {
  const file = /** @type {HTMLInputElement} */ (e.target).files?.[0];
  if (!file) return;
  if (file.size > LOGO) {
    said.value = { mood: "warn", what: t("printer.slip.logo.large") };
    return;
  }
  const reader = new FileReader();
  reader.onload = () => {
    logo.value = String(reader.result).split(",")[1] ?? "";
  };
  reader.readAsDataURL(file);
}

function Choose({ of, label, children }) {
  return html`<label>${label}<select value=${String(choice.value[of])}
    onChange=${(/** @type {any} */ e) => { choice.value = { ...choice.value, [of]: e.target.value }; }}>${children}</select></label>`;
}

function Choices({ a }) {
  return html`<div class="choices">
    <${Choose} of="service" label=${t("printer.slip.service")}>${a.services.map((s) => html`<option key=${s.id} value=${s.id}>${name(s.name)}</option>`)}<//>
    <${Choose} of="lang" label=${t("printer.slip.lang")}>${a.languages.map((l) => html`<option key=${l} value=${l}>${language(l)}</option>`)}<//>
    <${Choose} of="class" label=${t("printer.slip.class")}><option value="">${t("printer.slip.class.none")}</option>${a.classes.map((c) => html`<option key=${c.id} value=${c.id}>${name(c.name)}</option>`)}<//>
    <${Choose} of="on" label=${t("printer.slip.paper")}>
      ${a.printers.map((p) => html`<option key=${p.id} value=${p.id}>${t("printer.slip.paper.of", { printer: p.id, title: p.title, way: t(`printer.slip.way.${p.way}`) })}</option>`)}
      <option value=${`${PAPER}576`}>${t("printer.slip.paper.wide")}</option><option value=${`${PAPER}384`}>${t("printer.slip.paper.narrow")}</option><//>
    <label class="tick"><input type="checkbox" checked=${choice.value.reprint}
      onChange=${(/** @type {any} */ e) => { choice.value = { ...choice.value, reprint: e.target.checked }; }} />${t("printer.slip.reprint")}</label>
  </div>`;
}

/** The drawing as a blob: the page's policy lets no data: address in. */
function Paper({ png }) {
  const url = URL.createObjectURL(new Blob([Uint8Array.from(atob(png), (c) => c.charCodeAt(0))], { type: "image/png" }));
  useEffect(() => () => URL.revokeObjectURL(url), [url]);
  return html`<img class="paper" src=${url} alt=${t("printer.slip.preview")} />`;
}

function Slip() {
  const a = page.value;
  useEffect(() => {
    if (!a) return;
    const timer = setTimeout(draw, paper.value ? QUIET : 0);
    return () => clearTimeout(timer);
  }, [a, text.value, choice.value, logo.value]);
  if (!a) return null;
  return html`<header class="head"><h1>${t("printer.slip.title")}<span>${name(a.centre)}</span></h1><a href="/supervisor">${t("printer.slip.back")}</a></header>
    <main>
      <div>
        <label for="template">${t("printer.slip.text")}</label>
        <textarea id="template" spellcheck=${false} value=${text.value} onInput=${(/** @type {any} */ e) => { text.value = e.target.value; said.value = { mood: "", what: "" }; }}></textarea>
        <label>${t("printer.slip.logo")}<input type="file" accept="image/png" onChange=${takeLogo} />${a.logo && html`<small>${t("printer.slip.logo.has")}</small>`}</label>
        <p class="row">
          <button type="button" class="button main" disabled=${busy.value} onClick=${saveOwn}>${t("printer.slip.save")}</button>
          ${a.own && html`<button type="button" class="button" disabled=${busy.value} onClick=${() => { if (confirm(t("printer.slip.house.ask"))) save(""); }}>${t("printer.slip.house")}</button>`}
        </p>
      </div>
      <div>
        <h2>${t("printer.slip.preview")}</h2>
        <${Choices} a=${a} />
        <div role="status">
          ${said.value.what && html`<p class="notice ${said.value.mood}">${said.value.what}</p>`}
          ${paper.value && !paper.value.good && html`<p class="notice warn">${t("printer.slip.wrong")}</p>`}
          ${paper.value?.findings.length > 0 && html`<ul class="findings">${paper.value.findings.map((f) => html`<li key=${f}>${f}</li>`)}</ul>`}
        </div>
        ${paper.value && html`<${Paper} png=${paper.value.png} />`}
      </div>
    </main>`;
}

render(html`<${Slip} />`, /** @type {HTMLElement} */ (document.getElementById("slip")));
