// What the large panel shows while nobody is called: the supervisor's texts,
// pictures and videos in turn with the newest call. A call takes the place back
// at once. What cannot be shown is skipped, and the server is told.
import { effect, html, signal, useEffect, useRef } from "/web/vendor/preact.js";
import { now } from "/web/lib/page.js";

const QUIET = 60_000; // after the last call
const OWN = 15_000; // the newest call between two rounds
const PICTURE = 12_000;
const WORD = 1_000; // to read one from afar
const SHORTEST = 8_000;
const LONGEST = 60_000;
const STALLED = 20_000; // a video that does not go on
const VIDEO = 600_000; // none is longer

/** @typedef {{ file: string, kind: "text" | "picture" | "video", text?: string, v: string }} Notice */

/**
 * @param {ReturnType<typeof import("/web/lib/feed.js").connect>} feed
 * @param {() => boolean} busy whether a call has the panel now
 */
export function notices(feed, busy) {
  const shown = signal(/** @type {Notice | null} */ (null));
  /** @type {Set<string>} */
  const failed = new Set();
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let after = ""; // name of the one before, "" at the start of a round
  let until = 0;
  let last = Date.now(); // when the newest call came, by this browser's own clock
  let newest = "";

  /** @param {Notice} n */
  const name = (n) => `${n.file} ${n.v}`;
  /** @returns {Notice[]} */
  const list = () => (feed.state.value?.notices ?? []).filter(
    (/** @type {Notice} */ n) => !failed.has(name(n)) && !(n.kind === "video" && still.matches));

  function quiet() {
    const state = feed.state.value;
    if (!state || !feed.online.value || state.emergency || busy()) return false;
    return Date.now() - last >= QUIET;
  }

  function rest() {
    shown.value = null;
    after = "";
    until = Date.now() + OWN;
  }

  function next() {
    const n = list().find((x) => x.file > after);
    if (!n) return rest();
    after = n.file;
    shown.value = n;
    until = Date.now() + (n.kind === "video" ? VIDEO : n.kind === "picture" ? PICTURE : reading(n.text ?? ""));
  }

  /** @param {Notice} n */
  function fail(n) {
    failed.add(name(n));
    if (failed.size > 200) failed.clear(); // of files that are gone long since
    feed.send({ type: "notice_failed", file: n.file, v: n.v });
    if (shown.value === n) next();
  }

  effect(() => {
    now.value; // each second
    const call = feed.state.value?.calls[0];
    if (call && call.number + call.at !== newest) {
      if (newest || busy()) last = Date.now();
      newest = call.number + call.at;
    }
    if (!quiet()) {
      shown.value = null;
      after = "";
      until = 0;
      return;
    }
    const n = shown.peek();
    const gone = n && !list().some((x) => name(x) === name(n));
    if (gone || Date.now() >= until) next();
  });

  return {
    shown,
    /** @param {Notice} n its turn is over */
    done(n) { if (shown.value === n) next(); },
    fail,
  };
}

/** How long a text stays. @param {string} text */
const reading = (text) => Math.min(LONGEST, Math.max(SHORTEST, text.split(/\s+/).length * WORD));

/** @param {{ n: Notice, turn: ReturnType<typeof notices>, label: string }} props */
export function NoticePanel({ n, turn, label }) {
  const src = `/notices/${encodeURIComponent(n.file)}?v=${n.v}`;
  const alt = n.file.replace(/\.[^.]+$/, "");
  return html`<section class="panel notice ${n.kind}" aria-label=${label}>
    ${n.kind === "text" && html`<p class=${(n.text ?? "").length > 200 ? "longer" : (n.text ?? "").length > 80 ? "long" : ""}>${n.text}</p>`}
    ${n.kind === "picture" && html`<img src=${src} alt=${alt} onError=${() => turn.fail(n)} />`}
    ${n.kind === "video" && html`<${Video} key=${src} src=${src} n=${n} turn=${turn} />`}
  </section>`;
}

/** @param {{ src: string, n: Notice, turn: ReturnType<typeof notices> }} props */
function Video({ src, n, turn }) {
  const ref = useRef(/** @type {HTMLVideoElement | null} */ (null));
  useEffect(() => {
    const video = /** @type {HTMLVideoElement} */ (ref.current);
    let at = -1;
    const watch = setInterval(() => {
      if (video.currentTime === at) turn.done(n);
      at = video.currentTime;
    }, STALLED);
    video.muted = true; // the loudspeakers are for the calls
    video.src = src;
    video.play().catch((err) => { if (err.name === "NotSupportedError") turn.fail(n); });
    return () => {
      clearInterval(watch);
      video.pause();
      video.removeAttribute("src");
      video.load(); // gives its memory back
    };
  }, []);
  return html`<video ref=${ref} playsInline onEnded=${() => turn.done(n)} onError=${() => { if (ref.current?.error && ref.current.getAttribute("src")) turn.fail(n); }}></video>`;
}
