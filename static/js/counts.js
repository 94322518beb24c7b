// The numbers of the status filters, the window's title and its icon.
import { capped } from "./figures.js";

const ACTIVE = ["submitting", "queued", "running"];
const icon = document.getElementById("favicon");
const calm = icon.href;
let active = 0;
let failed = false;

export function showCounts(counts) {
  for (const tab of document.querySelectorAll("[data-statuses]")) {
    const statuses = tab.dataset.statuses ? tab.dataset.statuses.split(",") : Object.keys(counts);
    const sum = statuses.reduce((total, status) => total + (counts[status] ?? 0), 0);
    tab.querySelector("b").textContent = capped(sum);
  }
  const current = document.querySelector("[data-statuses][aria-current] b");
  const total = document.getElementById("total");
  if (current && total) total.textContent = current.textContent;
  showActive(ACTIVE.reduce((sum, status) => sum + (counts[status] ?? 0), 0));
}

// "(3) Tasks · Dailies": what goes on, seen from another tab.
export function showActive(number) {
  active = number;
  const plain = document.title.replace(/^\([^)]*\) /, "");
  document.title = active ? `(${capped(active)}) ${plain}` : plain;
  showIcon();
}

// A failure that nobody saw puts a red dot on the icon until somebody looks.
export function sawFailure() {
  failed = document.hidden;
  showIcon();
}

export function showIcon() {
  const href = failed ? icon.dataset.failed : active ? icon.dataset.active : calm;
  if (icon.getAttribute("href") !== href) icon.setAttribute("href", href);
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  failed = false;
  showIcon();
});
