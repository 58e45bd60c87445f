// Whether the centre is at work, from the stretches that the server sent.

/** @typedef {{ from: string, to: string }} Stretch */

/**
 * @param {Stretch[]} hours in order, from today on
 * @param {Date} now
 * @returns {{ is: "open" | "lunch" | "closed", next?: string }} next: when work begins again
 */
export function phase(hours, now) {
  const t = now.getTime();
  if (hours.length === 0 || hours.some((h) => Date.parse(h.from) <= t && t < Date.parse(h.to))) return { is: "open" };
  const next = hours.find((h) => Date.parse(h.from) > t);
  if (!next) return { is: "closed" };
  const before = hours.some((h) => Date.parse(h.to) <= t && day(h.to) === day(next.from));
  return { is: before ? "lunch" : "closed", next: next.from };
}

const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/** @typedef {(key: string, args?: object) => string} Say */

/**
 * The holes of "work begins again {at}, {day}".
 * @param {string} at RFC 3339 in the centre's zone
 * @param {Say} say
 */
export function told(at, say) {
  const [h, mm] = at.slice(11, 16).split(":");
  const [, m, d] = day(at).split("-").map(Number);
  return {
    at: say(mm === "00" ? "display.clock.sharp" : "display.clock", { h: Number(h), mm }),
    day: `${weekday(day(at), say)} ${d}/${m}`,
  };
}

/**
 * @param {string} date "2026-11-22"
 * @param {Say} say
 */
export const weekday = (date, say) => say(`common.day.${DAYS[new Date(`${date}T12:00:00Z`).getUTCDay()]}`);

/** @param {string} at */
const day = (at) => at.slice(0, 10);
