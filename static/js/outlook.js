// What a running task's page says of its end, kept true while time passes; dashboard/outlook.py says the same.
import { now } from "./times.js";

const MINUTE = 60;
const HOUR = 3600;
const SLOW_TIMES = 2;
const STUCK_TIMES = 4;
const PERCENT_FROM = 5;
const BELIEVED_WITHIN = 1.5;
const AT_MIDDLE = 80;
const AT_MOST = 97;

export function left(seconds) {
  if (seconds < 1.5 * MINUTE) return `${Math.max(10, Math.round(seconds / 10) * 10)} s`;
  return seconds < 1.5 * HOUR ? `${Math.round(seconds / MINUTE)} min` : `${Math.round(seconds / HOUR)} h`;
}

export function between(low, high) {
  let [unit, name] = high < 1.5 * MINUTE ? [1, "s"] : [MINUTE, "min"];
  if (high >= 1.5 * HOUR) [unit, name] = [HOUR, "h"];
  const step = unit === 1 && high >= 20 ? 5 : 1;
  const [less, more] = [low, high].map((one) => Math.max(1, Math.round(one / unit / step) * step));
  return less === more ? `about ${more} ${name}` : `${less}–${more} ${name}`;
}

export function says({ low, middle, high }, ran, percent, told) {
  if (ran >= STUCK_TIMES * middle) return "maybe stuck";
  if (ran >= SLOW_TIMES * middle) return "taking longer than usual";
  if (percent !== null && percent >= PERCENT_FROM && percent < 100) {
    const end = (told * 100) / percent;
    const credible = end >= low / BELIEVED_WITHIN && end <= high * BELIEVED_WITHIN;
    if (credible && end > ran) return `about ${left(end - ran)} left`;
  }
  return `usually ${between(low, high)}`;
}

export function estimate(times) {
  if (times <= 1) return Math.floor(AT_MIDDLE * times);
  return Math.floor(AT_MIDDLE + (AT_MOST - AT_MIDDLE) * (1 - Math.exp(1 - times)));
}

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function print(bar) {
  const { begun, low, middle, high, told, percent } = bar.dataset;
  const usual = { low: Number(low), middle: Number(middle), high: Number(high) };
  const ran = Math.max(0, (now() - Date.parse(begun)) / 1000);
  const slow = ran >= SLOW_TIMES * usual.middle;
  const item = bar.closest("[data-version]");
  bar.classList.toggle("slow", slow);
  for (const one of item.querySelectorAll("[data-outlook]")) {
    put(one, says(usual, ran, percent ? Number(percent) : null, Number(told)));
    one.classList.toggle("late", slow);
  }
  const stuck = ran >= STUCK_TIMES * usual.middle;
  for (const one of item.querySelectorAll("[data-stuck]")) one.hidden = !stuck;
  for (const one of item.querySelectorAll("[data-about]")) one.hidden = stuck;
  if (percent) return;
  const about = estimate(ran / usual.middle);
  if (bar.value === about) return;
  bar.value = about;
  bar.setAttribute("aria-label", `About ${about} %, ${slow ? "taking longer than usual" : "estimated from earlier tasks"}`);
  for (const one of item.querySelectorAll("[data-about]")) put(one, `≈ ${about} %, `);
}

// Everything at or below `root`.
export function printOutlooks(root) {
  for (const bar of root.querySelectorAll("progress[data-middle]")) print(bar);
}
