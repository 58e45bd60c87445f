// Text that has to fit. How long a word is depends on language, size and screen,
// and nothing may be cut off, so what is less important gives way step by step:
// CSS says what each step of data-fit leaves out or makes smaller.
import { useLayoutEffect, useRef } from "/web/vendor/preact.js";

/**
 * A reference for an element whose [data-box] parts must hold their content.
 * All parts take the same step, so that they look alike; only what data-tight
 * leaves out, the small print, is missing in a single one.
 * @param {number} steps
 * @param {any[]} inputs what the content depends on
 */
export function useFit(steps, inputs) {
  const ref = useRef(/** @type {HTMLElement | null} */ (null));
  useLayoutEffect(() => {
    const fit = () => {
      const el = ref.current;
      if (!el) return;
      const boxes = [el, .../** @type {NodeListOf<HTMLElement>} */ (el.querySelectorAll("[data-box]"))];
      for (const b of boxes) delete b.dataset.tight;
      for (let step = 0; step <= steps; step++) {
        el.dataset.fit = String(step);
        const over = boxes.filter((b) => !holds(b));
        if (over.length === 0) return;
        if (step === 0) for (const b of over) b.dataset.tight = "";
      }
    };
    fit();
    document.fonts.ready.then(fit);
    const watch = new ResizeObserver(fit); // the place given to it, by screen or notices
    if (ref.current) watch.observe(ref.current);
    return () => watch.disconnect();
  }, inputs);
  return ref;
}

/** @param {Element} el */
const holds = (el) => el.scrollHeight <= el.clientHeight + 1 && el.scrollWidth <= el.clientWidth + 1;
