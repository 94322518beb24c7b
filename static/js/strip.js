// Several results: the address names the one that is shown, so that each can be linked; [ and ] go through them.
import { onKeys } from "./shortcuts.js";

const links = () => [...document.querySelectorAll(".strip a")];

// Which one is shown: the one that the address names, else the first.
function place() {
  const found = links().findIndex((link) => link.hash === location.hash);
  return found < 0 ? 0 : found;
}

function mark() {
  for (const [index, link] of links().entries()) {
    if (index === place()) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  const media = [...document.querySelectorAll(".stage :is(video, audio)")];
  for (const one of media) if (!one.paused && one.offsetParent === null) one.pause();
}

// The page stays where it is: only what is shown above the strip changes.
function show(link) {
  const { scrollX, scrollY } = window;
  location.replace(link.hash);
  scrollTo(scrollX, scrollY);
}

function step(by) {
  const all = links();
  if (all.length < 2) return false;
  const next = all[(place() + by + all.length) % all.length];
  const focused = document.activeElement?.closest(".strip");
  show(next);
  if (focused) next.focus({ preventScroll: true });
  return true;
}

const inStrip = (event, by) => Boolean(event.target.closest(".strip")) && step(by);

// ?result=… names a result as well, for those who cannot write a fragment.
function follow() {
  const wanted = new URLSearchParams(location.search).get("result");
  const link = wanted && !location.hash && links().find((one) => one.hash === `#result-${wanted}`);
  if (link) show(link);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest(".strip a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  show(link);
});
addEventListener("hashchange", mark);
document.addEventListener("morphed", mark);
onKeys({
  "[": () => step(-1),
  "]": () => step(1),
  ArrowLeft: (event) => inStrip(event, -1),
  ArrowRight: (event) => inStrip(event, 1),
});
follow();
mark();
