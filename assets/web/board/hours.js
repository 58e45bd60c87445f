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

/**
 * The holes of "work begins again {at} {day}", in a language.
 * @param {string} at RFC 3339 in the centre's zone
 * @param {Date} now
 * @param {string} lang
 * @param {(key: string, args?: object) => string} say
 */
export function told(at, now, lang, say) {
  const [h, mm] = at.slice(11, 16).split(":");
  const clock = say(mm === "00" ? "display.clock.sharp" : "display.clock", { h: Number(h), mm });
  const weekday = new Intl.DateTimeFormat(lang || "vi", { weekday: "long", timeZone: "UTC" }).format(new Date(`${day(at)}T12:00:00Z`));
  const [, m, d] = day(at).split("-").map(Number);
  return { at: clock, day: say("display.day", { weekday: lang === "vi" ? weekday.toLowerCase() : weekday, d, m }) };
}

/** @param {string} at */
const day = (at) => at.slice(0, 10);
