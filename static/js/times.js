// Prints <time data-time="how"> in the reader's zone. dashboard/templatetags/dailies.py knows the same words.
import { clock, rough } from "./figures.js";

const WEEK_S = 7 * 86400;
const body = document.body.dataset;
const skew = Date.parse(body.now) - Date.now();
// A page is some moments old when this runs: only a clock that is really wrong is corrected.
const correction = Math.abs(skew) > 5000 ? skew : 0;

export const zone = body.timezone || Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
export const now = () => Date.now() + correction;

const format = (options) => new Intl.DateTimeFormat("en-GB", { timeZone: zone, ...options });
const seconds = format({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
const minutes = format({ hour: "2-digit", minute: "2-digit" });
const thisYear = format({ day: "numeric", month: "short" });
const anyYear = format({ day: "numeric", month: "short", year: "numeric" });
const year = format({ year: "numeric" });
const longDay = format({ day: "numeric", month: "long", year: "numeric" });
const zoned = format({ hour: "2-digit", minute: "2-digit", second: "2-digit", timeZoneName: "short" });
const iso = new Intl.DateTimeFormat("en-CA", { timeZone: zone });

export const isoDay = (at) => iso.format(at);
export const clockTime = (at) => seconds.format(at);

function day(at) {
  return (year.format(at) === year.format(now()) ? thisYear : anyYear).format(at);
}

function ago(at) {
  const passed = (now() - at) / 1000;
  if (passed < 10) return "just now";
  return passed < WEEK_S ? `${rough(passed)} ago` : day(at);
}

function ends(at) {
  const left = (at - now()) / 1000;
  if (left <= 0) return "ended";
  return left < 2 * 86400 ? `ends in ${rough(left)}` : `ends ${day(at)}`;
}

const WAYS = {
  ago,
  age: (at) => `${rough((now() - at) / 1000)} ago`,
  day,
  end: (at) => `${longDay.format(at)}, ${minutes.format(at)}`,
  ends,
  clock: clockTime,
  recent: (at) => (isoDay(at) === isoDay(now()) ? minutes.format(at) : day(at)),
  coming: (at) => (at > now() ? `in ${rough((at - now()) / 1000)}` : "any moment"),
  left: (at) => (at > now() ? `about ${rough((at - now()) / 1000)} left` : "its link has expired"),
  hour: (at) => minutes.format(at),
  moment: (at) => `${day(at)} ${seconds.format(at)}`,
  since: (at) => clock((now() - at) / 1000),
  until: (at) => (at > now() ? rough((at - now()) / 1000) : "now"),
  next: (at) => (at > now() ? `next in ${rough((at - now()) / 1000)}` : "next any moment"),
};
const KEPT_TRUE = ["ago", "age", "since", "until", "next", "coming", "left", "ends"];
export const MOVING = KEPT_TRUE.map((how) => `[data-time="${how}"]`).join();

export function print(time) {
  const at = Date.parse(time.dateTime);
  const text = WAYS[time.dataset.time](at);
  if (time.textContent !== text) time.textContent = text;
}

// Everything below `root` in the reader's zone, tooltips included.
export function localise(root) {
  for (const time of root.querySelectorAll("time[data-time]")) {
    const at = Date.parse(time.dateTime);
    time.title = `${longDay.format(at)}, ${zoned.format(at)}`;
    print(time);
  }
  for (const name of root.querySelectorAll("[data-zone]")) name.textContent = zone;
}
