// What the parts of the studio share: the voice that is worked at, and how the
// server is asked for things.
import { signal } from "/web/vendor/preact.js";
import { get, post } from "/web/lib/api.js";
import { t } from "/web/lib/words.js";

/** @typedef {{ ms: number, lufs?: number, noise_db?: number, peak_db?: number, faults?: string[] }} Clip */
/** @typedef {{ name: string, text: string, end?: boolean, needed: boolean, clip?: Clip }} Line */
/** @typedef {{ language: string, name: string, own: boolean, shipped: boolean, recorded: number, needed: number,
 *   skipped?: string[], words?: { key: string, meaning: string, text: string }[], lines: Line[] }} Pack */

export const SLOW = { timeout: 60_000, patience: 60_000 }; // mastering a whole script takes some seconds

export const packs = signal(/** @type {Pack[]} */ ([]));
export const pack = signal(/** @type {Pack | null} */ (null));
export const problem = signal("");
export const done = signal("");
export const busy = signal("");

/**
 * Does something that can fail, one thing at a time, and says so.
 * @param {string} what is being done, in words
 * @param {() => Promise<any>} doing
 */
export async function work(what, doing) {
  if (busy.value) return;
  busy.value = what;
  problem.value = "";
  done.value = "";
  try {
    await doing();
  } catch (err) {
    const said = /** @type {any} */ (err);
    problem.value = said.detail || (said.name === "EncodingError" ? t("studio.undecodable") : t("studio.failed"));
  } finally {
    busy.value = "";
  }
}

/** @param {string} lang */
export async function choose(lang) {
  pack.value = await get(`/api/v1/voice/packs/${lang}`);
}

export async function list() {
  packs.value = (await get("/api/v1/voice/packs")).items;
}

/** @param {string} path @param {object} body */
export async function change(path, body = {}) {
  const answer = await post(`/api/v1/voice/packs/${pack.value?.language}${path}`, body, SLOW);
  if (answer.lines) pack.value = answer;
  else await choose(pack.value?.language ?? "vi");
  await list();
}

const NAMES = { tyz: "Tày", nut: "Nùng", blt: "Thái Đen", twh: "Thái Trắng", hmn: "H'Mông", km: "ខ្មែរ (Khmer)", mtq: "Mường", ium: "Dao", rad: "Ê Đê", jra: "Gia Rai", bdq: "Ba Na", cjm: "Chăm", hre: "Hrê" };
export const OTHERS = Object.keys(NAMES);

/** How a language is called. @param {string} lang */
export function nameOf(lang) {
  if (NAMES[lang]) return NAMES[lang];
  const name = new Intl.DisplayNames([lang, "vi"], { type: "language", fallback: "code" }).of(lang) ?? lang;
  return name.charAt(0).toUpperCase() + name.slice(1);
}
