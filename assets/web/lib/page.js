// What every page needs besides feed, calls and words.
import { html, signal } from "/web/vendor/preact.js";

export { html };

let ahead = 0; // of the server's clock before the browser's, in ms

/** The server's time as far as we know it, once a second. */
export const now = signal(new Date());

/**
 * Takes the server's time from a message, so that all screens show one time.
 * An event that is told late is older than now: it can only put the time on.
 * @param {string} at RFC 3339
 * @param {boolean} isNow whether it is the time of sending
 */
export function setServerTime(at, isNow) {
  const t = Date.parse(at);
  if (Number.isNaN(t)) return;
  ahead = isNow ? t - Date.now() : Math.max(ahead, t - Date.now());
  now.value = new Date(Date.now() + ahead);
}

function tick() {
  now.value = new Date(Date.now() + ahead);
  setTimeout(tick, 1_000 - (now.value.getTime() % 1_000));
}
tick();

/**
 * The hour and minute in the zone of the centre, "09:41".
 * @param {string | Date} at an instant; of an RFC 3339 text its own offset counts
 * @param {string} [zone] IANA name
 */
export function clock(at, zone) {
  if (typeof at === "string" && !zone) return at.slice(11, 16);
  return new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone }).format(new Date(at));
}

/**
 * Sets --mm, the CSS pixels in a millimetre of this very screen, so that sizes
 * can be written in millimetres. The address may say ?diagonal=19 (inches).
 * @param {number} inches diagonal of the screen, if the address does not say
 */
export function setScale(inches) {
  const asked = Number(new URLSearchParams(location.search).get("diagonal"));
  const apply = () => {
    const pixels = Math.hypot(innerWidth, innerHeight);
    document.documentElement.style.setProperty("--mm", `${(pixels / ((asked || inches) * 25.4)).toFixed(3)}px`);
  };
  apply();
  addEventListener("resize", apply);
}

/** The last part of the page's path: "k1" of /kiosk/k1. */
export const pageID = () => decodeURIComponent(location.pathname.replace(/\/+$/, "").split("/").pop() ?? "");

/**
 * Reloads the page each night, since a browser that runs for months leaks.
 * @param {() => boolean} mayReload
 * @param {number} [hour]
 */
export function reloadNightly(mayReload, hour = 3) {
  const loaded = Date.now();
  setInterval(async () => {
    if (new Date().getHours() !== hour || Date.now() - loaded < 2 * 3_600_000) return;
    // A page that is loaded while the server is off is gone, and does not come back by itself.
    const there = await fetch(location.href, { cache: "no-store" }).then((r) => r.ok, () => false);
    if (there && mayReload()) location.reload();
  }, 60_000);
}
