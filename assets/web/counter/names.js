// Names and spans of time as the clerk reads them.
import { lang } from "/web/lib/words.js";

/** @param {Record<string, string> | undefined} names */
export const text = (names) => names?.[lang.value] ?? names?.vi ?? Object.values(names ?? {})[0] ?? "";

/** @param {any} state @param {string} id */
export const serviceName = (state, id) => text(state.services.find((s) => s.id === id)?.name) || id;

/** @param {any} state @param {string} id */
export const className = (state, id) => text(state.classes.find((c) => c.id === id)?.name) || id;

/** "4:07", "1:02:10". @param {number} seconds */
export function span(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  return s < 3600 ? `${Math.floor(s / 60)}:${two(s % 60)}` : `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}

/** Whole minutes since an instant. @param {string} at @param {Date} now */
export const minutes = (at, now) => Math.max(0, Math.floor((now.getTime() - Date.parse(at)) / 60_000));
