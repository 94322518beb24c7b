// Keys for those who like them; none is needed, and none works while typing.
import { meant, typing } from "./shortcuts.js";

const LINKS = "#rows .what a, #rows h3 a";

function move(step) {
  const links = [...document.querySelectorAll(LINKS)];
  if (!links.length) return press(step > 0 ? "j" : "k");
  const row = document.activeElement?.closest("#rows [data-version]");
  const here = links.findIndex((link) => row?.contains(link));
  const next = links[here < 0 ? 0 : Math.min(links.length - 1, Math.max(0, here + step))];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

function press(key) {
  document.querySelector(`[data-key="${key}"]`)?.click();
}

// The task under the focus or, on its own page, the task; a hidden form carries the proof of origin.
function checkNow() {
  const form = document.getElementById("act");
  if (!form || !("canEdit" in document.body.dataset)) return;
  const link = document.activeElement?.matches(LINKS) && document.activeElement;
  const button = document.querySelector("[data-check]");
  if (!link) return button?.click();
  form.action = `${link.pathname}/check`;
  form.requestSubmit();
}

function leaveField(field) {
  if (field.type === "search" && field.value) {
    field.value = "";
    field.dispatchEvent(new Event("input", { bubbles: true }));
  } else field.blur();
}

const KEYS = {
  "/": () => document.getElementById("q")?.focus(),
  "?": () => document.getElementById("keys")?.showModal(),
  j: () => move(1),
  k: () => move(-1),
  b: () => press("b"),
  c: checkNow,
  d: () => press("d"),
  g: () => press("g"),
  n: () => press("n"),
  r: () => press("r"),
  s: share,
  v: () => press("v"),
  Escape: () => document.activeElement?.blur(),
};

// The task under the focus; on its own page or with a selection, what the button there stands for.
function share() {
  if (!("canEdit" in document.body.dataset)) return;
  const id = document.activeElement?.closest("#rows [data-version]")?.id.slice("task-".length);
  if (id && !document.body.classList.contains("selecting")) document.dispatchEvent(new CustomEvent("share", { detail: id }));
  else press("s");
}

// What a key does on a page that has more to offer.
export function bind(keys) {
  Object.assign(KEYS, keys);
}

export function startKeys() {
  document.addEventListener("keydown", (event) => {
    if (!meant(event)) return;
    const field = typing(event.target);
    if (field) {
      if (event.key === "Escape") leaveField(field);
      return;
    }
    const act = KEYS[event.key];
    if (!act) return;
    if (event.key !== "Escape") event.preventDefault();
    act();
  });
}
