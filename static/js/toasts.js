// Notices leave by themselves: after 8 s, errors only when closed; never while somebody is on them.
const STAYS_MS = 8000;
const FADES_MS = 200;

function leave(toast) {
  toast.classList.add("going");
  setTimeout(() => toast.remove(), FADES_MS);
}

function leaveSoon(toast) {
  let timer = 0;
  const wait = () => { timer = setTimeout(leave, STAYS_MS, toast); };
  const stop = () => clearTimeout(timer);
  for (const name of ["pointerenter", "focusin"]) toast.addEventListener(name, stop);
  for (const name of ["pointerleave", "focusout"]) toast.addEventListener(name, () => { stop(); wait(); });
  wait();
}

function start(toast) {
  toast.querySelector("[data-close-toast]").addEventListener("click", () => leave(toast));
  if (!toast.classList.contains("bad")) leaveSoon(toast);
}

export function startToasts() {
  document.querySelectorAll(".toast").forEach(start);
}

// The notices of a page that was fetched, in place of those shown.
export function takeToasts(page) {
  const fresh = page.querySelector(".toasts");
  if (!fresh) return;
  document.querySelector(".toasts")?.remove();
  document.body.append(document.importNode(fresh, true));
  startToasts();
}

function region() {
  const home = document.querySelector(".toasts") ?? document.body.appendChild(document.createElement("div"));
  home.className = "toasts";
  return home;
}

// Something happened that no page was fetched for.
export function showToast(toast) {
  region().append(toast);
  start(toast);
}

// Something went wrong that no page tells of.
export function sayFailed(words) {
  const toast = document.createElement("div");
  toast.className = "toast bad";
  toast.role = "alert";
  const said = document.createElement("p");
  said.textContent = words;
  const close = document.createElement("button");
  Object.assign(close, { className: "btn small", type: "button", textContent: "Close" });
  close.dataset.closeToast = "";
  toast.append(said, close);
  showToast(toast);
}
