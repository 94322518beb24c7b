// The live label. What it says is always so.
import { clockTime, now } from "./times.js";

const LABELS = {
  live: ["", () => "Live"],
  second: ["", () => "Live, within 1 s"],
  connecting: ["behind", () => "Connecting…"],
  reconnecting: ["behind", (asOf) => `Reconnecting… (data as of ${clockTime(asOf)})`],
  checking: ["slow", () => "Checking every 3 s"],
  offline: ["off", (asOf) => `Offline (data as of ${clockTime(asOf)})`],
  refused: ["off", () => "Offline: sign in again"],
};

let seenAt = now();

// The server just told how things stand.
export function sawData() {
  seenAt = now();
}

export function say(state) {
  const label = document.getElementById("live");
  if (!label) return;
  const [css, words] = LABELS[state];
  const text = words(seenAt);
  label.hidden = false;
  label.className = `live ${css}`;
  if (label.textContent !== text) label.textContent = text;
}
