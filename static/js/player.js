// Videos and sounds: one plays at a time, and keys for the one that is looked at. Playing itself needs no script.
import { onKeys } from "./shortcuts.js";

const STEP_S = 5;
const shown = (element) => element.offsetParent !== null;
const media = () => [...document.querySelectorAll("video, audio")];
const current = () => media().find((one) => !one.paused) ?? media().find(shown);

function alone(event) {
  for (const one of media()) if (one !== event.target && !one.paused) one.pause();
}

function toggle(event) {
  const one = current();
  if (!one || event.target.closest("video, audio, button, a, summary, [tabindex]")) return false;
  if (one.paused) one.play().catch(() => {}); else one.pause();
  return true;
}

function mute() {
  const one = current();
  if (!one) return false;
  one.muted = !one.muted;
  return true;
}

function seek(event, seconds) {
  const one = current();
  if (!one || event.target.closest("video, audio, .strip")) return false;
  const end = Number.isFinite(one.duration) ? one.duration : Number(one.dataset.duration) || Infinity;
  one.currentTime = Math.min(end, Math.max(0, one.currentTime + seconds));
  return true;
}

// A browser that knows no such codec says so, instead of a black box.
function fail({ target }) {
  if (!(target instanceof HTMLMediaElement) || target.error?.code !== MediaError.MEDIA_ERR_SRC_NOT_SUPPORTED) return;
  const box = target.closest(".screen");
  if (box.querySelector(".cannot")) return;
  const says = Object.assign(document.createElement("p"), { className: "cannot", textContent: "This browser cannot play the file." });
  says.dataset.kept = "";
  says.append(Object.assign(document.createElement("a"), { className: "link", href: target.src, textContent: "Open the file itself" }));
  box.append(says);
}

document.addEventListener("play", alone, true);
document.addEventListener("error", fail, true);
onKeys({
  " ": toggle,
  m: mute,
  ArrowLeft: (event) => seek(event, -STEP_S),
  ArrowRight: (event) => seek(event, STEP_S),
});
