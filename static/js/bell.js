// The bell of every page: counts what happened, tells it in toasts, and elsewhere through the browser.
import { Live } from "./live.js";
import { localise } from "./times.js";
import { showToast } from "./toasts.js";
import { tellElsewhere } from "./elsewhere.js";

const EVERY_MS = 60_000;
const SOON_MS = 300;
const REST_MS = 3_000;
const TOLD_KEPT = 200;
const TOASTS_MAX = 3;
const bell = document.getElementById("bell");
let timer = 0;
let askedAt = 0;

// What this tab told already; null in a tab that is new, where nothing is news yet.
function told() {
  const kept = sessionStorage.getItem("told");
  return kept === null ? null : new Set(JSON.parse(kept));
}

function keepTold(keys) {
  sessionStorage.setItem("told", JSON.stringify([...keys].slice(-TOLD_KEPT)));
}

function showCount(unseen, most) {
  const words = unseen >= most ? `${most - 1}+` : String(unseen);
  bell.querySelector("b").textContent = words;
  bell.querySelector("b").hidden = unseen === 0;
  bell.setAttribute("aria-label", unseen ? `News: ${words} unseen` : "News");
}

// Nothing is said of a task that is looked at: its row or page tells by itself.
const isInView = (id) => document.getElementById(`task-${id}`) !== null;

// The oldest makes room: what failed stays until somebody closes it.
function show(one) {
  const shown = document.querySelectorAll(".toast.told");
  if (shown.length > TOASTS_MAX) shown[0].remove();
  showToast(one);
}

function toast(fresh, rest) {
  const wanted = fresh.filter((one) => !isInView(one.dataset.task));
  const left = wanted.length - TOASTS_MAX;
  for (const one of wanted.slice(0, TOASTS_MAX)) show(one);
  if (left <= 0) return;
  rest.querySelector("[data-more]").textContent = `+${left} more`;
  rest.hidden = false;
  show(rest);
}

function take(html) {
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  localise(template.content);
  const home = template.content.firstElementChild;
  showCount(Number(home.dataset.unseen), Number(home.dataset.most));
  const before = told();
  const found = [...home.querySelectorAll("[data-key]")];
  keepTold([...(before ?? []), ...found.map((one) => one.dataset.key)]);
  const fresh = before ? found.filter((one) => !before.has(one.dataset.key)) : [];
  if (!fresh.length) return;
  if (document.hidden) tellElsewhere(fresh.map((one) => ({ ...one.dataset, url: one.querySelector("a").href })), bell.href);
  else toast(fresh, home.querySelector("[data-rest]"));
}

async function ask() {
  timer = 0;
  askedAt = Date.now();
  try {
    const answer = await fetch(bell.dataset.fresh, { redirect: "error", cache: "no-store" });
    if (answer.ok) take(await answer.text());
  } catch { /* offline, or signed out: the live label tells */ }
}

// Many things may happen at once: they are asked for together.
function askSoon() {
  timer ||= setTimeout(ask, Math.max(SOON_MS, askedAt + REST_MS - Date.now()));
}

document.addEventListener("news", askSoon);
document.addEventListener("visibilitychange", () => document.hidden || askSoon());
setInterval(askSoon, EVERY_MS);
ask();
if (!document.querySelector("[data-live-query]")) {
  new Live({ query: "view=bell", syncUrl: bell.dataset.syncUrl, have: () => ({}), take: () => {} });
}
