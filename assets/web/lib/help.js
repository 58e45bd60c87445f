// Somebody at a kiosk asks for a person: the staff's pages say so until one has
// gone there, or for a few minutes.
import { signal } from "/web/vendor/preact.js";

const WHILE = 180_000;

/** The kiosk that asks; "" when none does. */
export const help = signal("");
let end = 0;

/** @param {import("/web/lib/feed.js").Message} msg */
export function hearHelp(msg) {
  if (msg.type !== "kiosk.help_asked" || Date.now() - Date.parse(msg.at ?? "") > WHILE) return;
  help.value = msg.kiosk;
  clearTimeout(end);
  end = setTimeout(goneToHelp, WHILE);
}

export function goneToHelp() {
  help.value = "";
}
