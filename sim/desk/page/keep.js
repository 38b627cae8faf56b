// Parts of the page are drawn anew when there is news. Whoever reads in one stays where it was
// scrolled to, and whoever goes by the keyboard keeps the focus: on what is the same in the new.

const PARTS = ".live";
const scrolled = new Map(); // part -> place among its elements -> how far
let held = null; // what had the focus last: its part, itself, what it is

const boxes = (part) => part.querySelectorAll(".latest, .line-of-time, .reply, .q-table__middle");

const what = (one) =>
  [one.tagName, one.getAttribute("href"), one.getAttribute("aria-label"), one.textContent].join();

document.addEventListener("scroll", ({ target }) => {
  const part = target.closest?.(PARTS);
  const place = part ? [...boxes(part)].indexOf(target) : -1;
  if (place < 0) return;
  if (!scrolled.has(part)) scrolled.set(part, new Map());
  scrolled.get(part).set(place, { box: target, top: target.scrollTop });
}, true);

document.addEventListener("focusin", ({ target }) => {
  const part = target.closest(PARTS);
  held = part && { part, one: target, what: what(target) };
});

function restore() {
  for (const [part, places] of scrolled) {
    if (!part.isConnected) scrolled.delete(part);
    const now = boxes(part);
    for (const [place, kept] of places) {
      if (!now[place] || now[place] === kept.box) continue;
      now[place].scrollTop = kept.top;
      kept.box = now[place];
    }
  }
  const lost = held && !held.one.isConnected && held.part.isConnected;
  if (!lost || document.activeElement !== document.body) return;
  const all = [...held.part.querySelectorAll("a, button, input")];
  const alike = all.find((one) => what(one) === held.what);
  alike?.focus({ preventScroll: true });
}

new MutationObserver(restore).observe(document.body, { childList: true, subtree: true });
