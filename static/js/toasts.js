// Notices leave by themselves: after 8 s, errors only when closed; never while somebody is on them.
const STAYS_MS = 8000;
const FADES_MS = 200;

function leave(toast) {
  toast.classList.add("going");
  setTimeout(() => toast.remove(), FADES_MS);
}

function leaveSoon(toast) {
  let timer = 0;
  const start = () => { timer = setTimeout(leave, STAYS_MS, toast); };
  const stop = () => clearTimeout(timer);
  for (const name of ["pointerenter", "focusin"]) toast.addEventListener(name, stop);
  for (const name of ["pointerleave", "focusout"]) toast.addEventListener(name, () => { stop(); start(); });
  start();
}

export function startToasts() {
  for (const toast of document.querySelectorAll(".toast")) {
    toast.querySelector("[data-close-toast]").addEventListener("click", () => leave(toast));
    if (!toast.classList.contains("bad")) leaveSoon(toast);
  }
}
