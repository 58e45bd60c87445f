// The wall boards as the supervisor sees them: whether they can be read.
import { html } from "/web/vendor/preact.js";
import { lang, t } from "/web/lib/words.js";

/** @param {{ boards: any[] }} props */
export function Boards({ boards }) {
  return html`<section aria-labelledby="boards"><h2 id="boards">${t("counter.sup.boards")}</h2>
    <ul class="devices">${boards.map((b) => html`<li key=${b.id} class=${b.small ? "bad" : "good"}>
      <span class="mark" aria-hidden="true">${b.small ? "!" : "✓"}</span>
      <span><b><a href=${`/board/${b.id}`}>${b.id}</a></b> <span class="say">${told(b)}</span></span></li>`)}</ul></section>`;
}

/** @param {any} b */
function told(b) {
  const say = new Intl.NumberFormat(lang.value).format;
  const key = !b.small ? "board_good" : b.fewer ? "board_rows" : "board_small";
  return t(`counter.sup.${key}`, { far: say(b.farthest_m), mm: say(b.row_mm), need: say(b.need_mm), rows: b.rows, fewer: b.fewer, larger: b.inches });
}
