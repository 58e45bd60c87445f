// The words of the page, from the same files as those of paper and server.
import { signal } from "/web/vendor/preact.js";

/** @typedef {string | Record<string, string>} Sentence */

const words = signal(/** @type {Record<string, Sentence>} */ ({}));
let plural = new Intl.PluralRules("vi");
let asked = "";

/** The language in use; a component that reads it is drawn again on a change. */
export const lang = signal("vi");

/**
 * Loads a language and puts it in use. When it cannot be loaded, the one in use
 * stays and the promise is rejected.
 * @param {string} wanted
 * @param {string} [rooms] only the words whose keys begin so: "kiosk.phone,common"
 */
export async function loadWords(wanted, rooms = "") {
  asked = wanted;
  const found = await read(wanted, rooms);
  if (asked !== wanted) return; // another was chosen meanwhile
  words.value = found;
  plural = new Intl.PluralRules(wanted);
  lang.value = wanted;
  document.documentElement.lang = wanted;
}

/**
 * What t does, in another language than the page's, for screens that say
 * everything twice.
 * @param {string} wanted
 * @param {string} [rooms]
 * @returns {Promise<(key: string, args?: Record<string, any>) => string>}
 */
export async function wordsOf(wanted, rooms = "") {
  const other = await read(wanted, rooms);
  const rules = new Intl.PluralRules(wanted);
  return (key, args = {}) => say(other, rules, key, args);
}

/**
 * @param {string} wanted
 * @param {string} rooms
 */
async function read(wanted, rooms) {
  const answer = await fetch(`/locale/${wanted}.json${rooms && `?only=${rooms}`}`);
  if (!answer.ok) throw new Error(`no words for ${wanted}`);
  return answer.json();
}

/**
 * The sentence of a key with its holes filled; the key itself when there is
 * none, which a tester sees at once. The hole n chooses the plural form.
 * @param {string} key
 * @param {Record<string, any>} [args]
 * @returns {string}
 */
export const t = (key, args = {}) => say(words.value, plural, key, args);

/**
 * @param {Record<string, Sentence>} all
 * @param {Intl.PluralRules} rules
 * @param {string} key
 * @param {Record<string, any>} args
 */
function say(all, rules, key, args) {
  const found = all[key] ?? key;
  const text = typeof found === "string" ? found : (found[rules.select(Number(args.n))] ?? found.other);
  return text.replace(/\{([a-z0-9_]+)\}/g, (hole, name) => (args[name] === undefined ? hole : String(args[name])));
}

/**
 * Whether there is a sentence of that key.
 * @param {string} key
 */
export const has = (key) => key in words.value;
