// Checks of what a person can see. They run inside the page.

const root = () => document.querySelector("[role=dialog], [role=alertdialog], dialog[open]") ?? document.body;

const shown = (el) => {
  const s = getComputedStyle(el);
  return s.visibility !== "hidden" && s.display !== "none" && s.opacity !== "0" && !el.closest(".visually-hidden");
};

const name = (el, text) =>
  `${el.tagName.toLowerCase()}${typeof el.className === "string" && el.className ? "." + el.className.trim().replaceAll(" ", ".") : ""}` +
  ` "${(text ?? el.textContent).trim().replace(/\s+/g, " ").slice(0, 50)}"`;

// box is the nearest thing around an element that a person sees as a box.
function box(el) {
  for (let e = el; e && e !== document.body; e = e.parentElement) {
    const s = getComputedStyle(e);
    const filled = s.backgroundColor !== "rgba(0, 0, 0, 0)" && s.backgroundColor !== "transparent";
    const bordered = ["Top", "Right", "Bottom", "Left"].some((side) => parseFloat(s[`border${side}Width`]) > 0);
    if (filled || bordered) return e;
  }
  return document.documentElement;
}

// ground is the colour behind an element, where it is one colour.
function ground(el) {
  for (let e = el; e; e = e.parentElement) {
    const s = getComputedStyle(e);
    if (s.backgroundImage !== "none") return "";
    if (s.backgroundColor !== "rgba(0, 0, 0, 0)") return s.backgroundColor;
  }
  return "";
}

// texts lists each run of visible text with the rectangles of its lines.
function texts() {
  const out = [];
  const walk = document.createTreeWalker(root(), NodeFilter.SHOW_TEXT);
  for (let n = walk.nextNode(); n; n = walk.nextNode()) {
    const el = n.parentElement;
    if (!n.data.trim() || !el || el.closest("script, style, svg, noscript, option") || !shown(el)) continue;
    const range = document.createRange();
    range.selectNodeContents(n);
    const rects = [...range.getClientRects()].filter((r) => r.width > 0.5 && r.height > 0.5);
    if (rects.length) out.push({ el, text: n.data, rects });
  }
  return out;
}

function spill(scrolls) {
  const found = [];
  const doc = document.documentElement;
  if (doc.scrollWidth > innerWidth + 1) found.push(`the page is ${doc.scrollWidth} wide on a screen of ${innerWidth}`);
  if (!scrolls && doc.scrollHeight > innerHeight + 1)
    found.push(`the page is ${doc.scrollHeight} high on a screen of ${innerHeight}`);
  const low = scrolls ? doc.scrollHeight : innerHeight;
  const dy = scrolls ? scrollY : 0;
  const all = texts();
  for (const { el, text, rects } of all) {
    const b = box(el).getBoundingClientRect();
    if (getComputedStyle(el).color === ground(el)) found.push(`in the colour of its ground: ${name(el, text)}`); // which axe leaves out
    for (const r of rects) {
      const edge = `${[r.left, r.top, r.right, r.bottom].map(Math.round)}`;
      if (r.left < -1 || r.right > innerWidth + 1 || r.top + dy < -1 || r.bottom + dy > low + 1) {
        found.push(`outside the screen: ${name(el, text)} ${edge}`);
        break;
      }
      // The font's own box is taller than what is drawn; a sixth of it is air.
      const air = r.height / 6;
      if (r.left < b.left - 1 || r.right > b.right + 1 || r.top + air < b.top - 1 || r.bottom - air > b.bottom + 1) {
        found.push(`outside its box: ${name(el, text)} ${edge} in ${[b.left, b.top, b.right, b.bottom].map(Math.round)}`);
        break;
      }
      const x = r.left + r.width / 2;
      const y = r.top + r.height / 2;
      const top = y > 0 && y < innerHeight ? document.elementFromPoint(x, y) : null;
      if (top && getComputedStyle(el).pointerEvents !== "none" && !el.contains(top) && !top.contains(el)) {
        found.push(`covered: ${name(el, text)} ${edge} by ${name(top)}`);
        break;
      }
    }
  }
  for (let i = 0; i < all.length; i++)
    for (let j = i + 1; j < all.length; j++)
      for (const a of all[i].rects)
        for (const b of all[j].rects) {
          const w = Math.min(a.right, b.right) - Math.max(a.left, b.left);
          const h = Math.min(a.bottom - a.height / 6, b.bottom - b.height / 6) - Math.max(a.top + a.height / 6, b.top + b.height / 6);
          if (w > 2 && h > 2)
            found.push(`on top of each other: ${name(all[i].el, all[i].text)} and ${name(all[j].el, all[j].text)}`);
        }
  for (const el of root().querySelectorAll("*")) {
    if (!shown(el) || el.closest("svg") || el.clientWidth === 0) continue;
    const s = getComputedStyle(el);
    if (s.overflowX !== "visible" && el.scrollWidth > el.clientWidth + 1) found.push(`cut off in width: ${name(el)}`);
    const mayScroll = scrolls && /auto|scroll/.test(s.overflowY);
    if (s.overflowY !== "visible" && !mayScroll && el.scrollHeight > el.clientHeight + 1)
      found.push(`cut off in height: ${name(el)}`);
    const r = el.getBoundingClientRect();
    if (el.matches("button, a, img, input") && (r.left < -1 || r.right > innerWidth + 1 || r.top + dy < -1 || r.bottom + dy > low + 1))
      found.push(`outside the screen: ${name(el)}`);
  }
  return [...new Set(found)];
}

function smallButtons(mm) {
  const px = parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--mm"));
  const found = [];
  for (const el of root().querySelectorAll("button, a[href], input, select, [role=button]")) {
    const r = el.getBoundingClientRect();
    if (!shown(el) || r.width === 0) continue;
    const side = Math.min(r.width, r.height) / px;
    if (side < mm - 0.05) found.push(`${name(el)} is ${side.toFixed(1)} mm`);
  }
  return found;
}
