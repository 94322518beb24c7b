// Keeps elapsed times, countdowns and "3 min ago" true, once a second while somebody looks.
import { printOutlooks } from "./outlook.js";
import { MOVING, localise, print } from "./times.js";

const SECOND_MS = 1000;

function tick() {
  if (document.hidden) return;
  for (const time of document.querySelectorAll(MOVING)) print(time);
  printOutlooks(document);
}

export function startTicking() {
  localise(document);
  setInterval(tick, SECOND_MS);
  document.addEventListener("visibilitychange", tick);
}
