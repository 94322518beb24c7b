// The rows or cards on the page: put in, brought up to date, taken out, never moved.
import { morph, parse } from "./morph.js";
import { isoDay } from "./times.js";

const STAYS_MS = 5000;
const GONE_MS = 1500;
const FLASH_MS = 1000;
const leaving = new Map();

export const rowOf = (id) => document.getElementById(`task-${id}`);
export const allRows = () => [...document.querySelectorAll("#rows [data-version]")];
export const idOf = (row) => row.id.slice("task-".length);
export const isShown = () => document.querySelector("#rows [data-order]") !== null;

// Whether a task of that time belongs on this page: not below its last row when older pages follow.
export function belongs(fresh) {
  const rows = allRows();
  return !document.getElementById("older") || rows.length === 0 || fresh.dataset.at > rows.at(-1).dataset.at;
}

export function update(row, html, match) {
  const fresh = parse(html);
  if (Number(fresh.dataset.version) < Number(row.dataset.version)) return;
  const changed = fresh.dataset.status !== row.dataset.status;
  stay(idOf(row));
  morph(row, fresh);
  if (changed) flash(row);
  if (!match) leave(row, STAYS_MS);
}

export function insert(fresh) {
  const home = homeOf(fresh);
  const older = [...home.children].find((row) => row.dataset.at < fresh.dataset.at);
  home.insertBefore(fresh, older ?? null);
  flash(fresh);
}

// Cards live in their day; a day that is not there yet begins before the first older one.
function homeOf(fresh) {
  const days = document.querySelector("#rows[data-days]");
  if (!days) return document.querySelector("#rows[data-order]");
  const name = isoDay(Date.parse(fresh.dataset.at));
  const same = days.querySelector(`[data-day="${name}"]`);
  if (same) return same.querySelector("[data-order]");
  const day = days.querySelector(".day").cloneNode(true);
  day.dataset.day = name;
  day.querySelector("[data-order]").replaceChildren();
  const [title, date] = day.querySelectorAll("h2, header span");
  title.textContent = name === isoDay(Date.now()) ? "Today" : name;
  date.textContent = "";
  days.insertBefore(day, [...days.children].find((one) => one.dataset.day < name) ?? null);
  return day.querySelector("[data-order]");
}

// Dimmed first, so that a click on its way does not miss; a focused row waits for the reader.
export function leave(row, after = GONE_MS) {
  const id = idOf(row);
  clearTimeout(leaving.get(id));
  row.classList.add("leaving");
  leaving.set(id, setTimeout(() => {
    if (row.contains(document.activeElement)) return leave(row, after);
    leaving.delete(id);
    const day = row.closest(".day");
    row.remove();
    if (day && !day.querySelector("[data-version]")) day.remove();
  }, after));
}

function stay(id) {
  clearTimeout(leaving.get(id));
  leaving.delete(id);
}

function flash(row) {
  row.classList.add("flash");
  setTimeout(() => row.classList.remove("flash"), FLASH_MS);
}
