// The hall as a person would see it. What is shown of a device is what arrived
// at its end of the wire; the screens are the daemon's own pages.
import { h, render, signal, htm } from "/web/vendor/preact.js";
import { loadWords, t } from "/web/lib/words.js";
import { segments } from "/web/demo/segments.js";

const html = htm.bind(h);

/** @type {import("/web/vendor/preact.js").Signal<any>} what /demo/events last said */
const hall = signal(null);
const lang = signal(new URLSearchParams(location.search).get("lang") === "en" ? "en" : "vi");
const failed = signal("");

const events = new EventSource("/demo/events");
events.onmessage = (e) => { hall.value = JSON.parse(e.data); };
events.onerror = () => { failed.value = t("demo.gone"); };
events.onopen = () => { failed.value = ""; };

/** @param {string} path @param {object} body */
async function post(path, body) {
  const res = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  failed.value = res.ok ? "" : await res.text();
}

async function speak(l) {
  await loadWords(l);
  document.documentElement.lang = l;
  document.title = t("demo.title");
  lang.value = l;
}

/** A screen of the daemon, in its true size, scaled down by its class. */
function Screen({ kind, path, title }) {
  return html`<figure class="screen ${kind}">
    <figcaption>${title} <a href=${path} target="_blank">${t("demo.open")}</a></figcaption>
    <div class="glass"><iframe src=${path} title=${title}></iframe></div>
  </figure>`;
}

/** Digits as a seven-segment display shows them, in groups of so many. */
function Digits({ text, colour, label, group = 0 }) {
  return html`<span class="digits ${colour}" role="img" aria-label=${`${label} ${text.trim() || t("demo.blank")}`}>
    ${[...text].map((c, i) => html`<svg viewBox="0 0 12 20" aria-hidden="true" class=${group && i > 0 && i % group === 0 ? "apart" : ""}>
      ${segments(c).map((s) => html`<polygon points=${s.points} class=${s.lit ? "lit" : "dark"} />`)}
    </svg>`)}
  </span>`;
}

function Counter({ pad, sign, button }) {
  return html`<section class="counter">
    <h3>${t("demo.counter", { number: pad.number })}</h3>
    <${Digits} text=${sign ? sign.text : ""} colour="red" label=${t("demo.sign")} />
    <div class="pad">
      <${Digits} text=${pad.display} colour="green" group=${3} label=${t("demo.pad_display")} />
      <button class="next" onClick=${() => post("/demo/press", { keypad: pad.id, key: "next" })}>${t("demo.key.next")}</button>
      <button onClick=${() => post("/demo/press", { keypad: pad.id, key: "recall" })}>${t("demo.key.recall")}</button>
      <button onClick=${() => post("/demo/press", { keypad: pad.id, key: "pause" })}>${t("demo.key.pause")}</button>
    </div>
    ${button && html`<button class="button" onClick=${() => post("/demo/press", { keypad: button.id, key: "next" })}>${t("demo.button")}</button>`}
    <p><a href=${`/counter/${pad.counter}`} target="_blank">${t("demo.clerk_page")}</a></p>
  </section>`;
}

/** The sign in the middle of the hall: a row for each of the last calls. */
function HallSign({ rows }) {
  return html`<section class="hallsign">
    <h3>${t("demo.hall_sign")}</h3>
    ${rows.map((text, i) => html`<${Digits} key=${i} text=${text} colour="red" group=${4} label=${t("demo.hall_sign")} />`)}
  </section>`;
}

function Switch({ name, on, label, off }) {
  return html`<button role="switch" aria-checked=${on ? "true" : "false"} class="switch ${on ? "on" : "off"}"
    onClick=${() => post("/demo/switch", { switch: name, on: !on })}>
    <span class="knob" aria-hidden="true"></span><span class="what">${on ? label : off}</span></button>`;
}

function Printer({ printer }) {
  return html`<section class="printer" aria-label=${t("demo.printer")}>
    <h2>${t("demo.printer")}</h2>
    <div class="slot" aria-hidden="true"></div>
    <div class="papers">
      ${printer.papers.length === 0 && html`<p class="hint">${t("demo.no_paper_yet")}</p>`}
      ${[...printer.papers].reverse().map((n) => html`<img key=${n} src=${`/demo/paper/${n}`} alt=${t("demo.slip", { n: n + 1 })} />`)}
    </div>
  </section>`;
}

/** What a citizen may hold under the kiosk's scanner. */
function Scanner() {
  return html`<section class="scanner" aria-label=${t("demo.scanner")}>
    <h2>${t("demo.scanner")}</h2>
    <p>${["senior", "young", "dossier", "health", "other"].map((what) => html`<button key=${what}
      onClick=${() => post("/demo/scan", { what })}>${t(`demo.scan.${what}`)}</button>`)}</p>
  </section>`;
}

function Hall() {
  const s = hall.value;
  lang.value; // words are read through a module, so follow the language here
  if (!s) return html`<p class="hint">${t("demo.loading")}</p>`;
  return html`
    <header>
      <h1>${t("demo.title")}</h1>
      <p>${t("demo.intro")}</p>
      <button class="plain" lang=${lang.value === "vi" ? "en" : "vi"} onClick=${() => speak(lang.value === "vi" ? "en" : "vi")}>
        ${lang.value === "vi" ? "English" : "Tiếng Việt"}</button>
    </header>
    ${failed.value && html`<p class="failed" role="alert">${failed.value}</p>`}
    <nav class="switches" aria-label=${t("demo.switches")}>
      <${Switch} name="power" on=${s.power} label=${t("demo.power.on")} off=${t("demo.power.off")} />
      <${Switch} name="printer" on=${s.cables.printer} label=${t("demo.printer_cable.on")} off=${t("demo.printer_cable.off")} />
      <${Switch} name="paper" on=${s.printer.paper} label=${t("demo.paper.on")} off=${t("demo.paper.off")} />
      <${Switch} name="keypads" on=${s.cables.keypads} label=${t("demo.keypads_cable.on")} off=${t("demo.keypads_cable.off")} />
      <${Switch} name="signs" on=${s.cables.signs} label=${t("demo.signs_cable.on")} off=${t("demo.signs_cable.off")} />
      <${Switch} name="scanner" on=${s.cables.scanner} label=${t("demo.scanner_cable.on")} off=${t("demo.scanner_cable.off")} />
    </nav>
    <div class="floor">
      <div><${Screen} kind="kiosk" path="/kiosk/k1" title=${t("demo.kiosk")} /><${Scanner} /></div>
      <${Printer} printer=${s.printer} />
      <div class="wall">
        <${Screen} kind="board" path="/board/b1" title=${t("demo.board")} />
        ${s.hall_sign.length > 0 && html`<${HallSign} rows=${s.hall_sign} />`}
        <div class="counters">
          ${s.keypads.map((p) => html`<${Counter} key=${p.id} pad=${p} sign=${s.signs.find((l) => l.counter === p.counter)}
            button=${s.buttons.find((b) => b.counter === p.counter)} />`)}
        </div>
      </div>
    </div>`;
}

await speak(lang.value);
render(html`<${Hall} />`, /** @type {HTMLElement} */ (document.getElementById("hall")));
