// A share's page: stays true while something is still being made, and becomes the player by itself.
import { copyText } from "./copy_text.js";
import "./looking.js";
import { localise } from "./times.js";

const EVERY_MS = 3000;
const shown = () => document.getElementById("shown");
const plays = (part) => [...part.querySelectorAll("video, audio")].some((one) => !one.paused && !one.ended);

function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  localise(template.content);
  return template.content.firstElementChild;
}

const ids = (part) => [...part.querySelectorAll(".piece")].map((piece) => piece.id).join();

// What plays goes on playing: its piece is left alone until the next change after its end.
function take(fresh) {
  const old = shown();
  if (ids(old) !== ids(fresh) && !plays(old)) old.replaceWith(fresh);
  else {
    for (const piece of fresh.querySelectorAll(".piece")) takePiece(piece);
    for (const name of ["changes", "digest"]) keepAttribute(old, fresh, name);
  }
  document.title = fresh.dataset.title;
  showSending();
  document.dispatchEvent(new Event("morphed"));
}

function takePiece(fresh) {
  const old = document.getElementById(fresh.id);
  if (old && old.dataset.digest !== fresh.dataset.digest && !plays(old)) old.replaceWith(fresh);
}

function keepAttribute(old, fresh, name) {
  if (name in fresh.dataset) old.dataset[name] = fresh.dataset[name];
  else delete old.dataset[name];
}

async function refresh() {
  const { changes, digest } = shown().dataset;
  if (!changes || document.hidden) return;
  try {
    const answer = await fetch(`${changes}&have=${digest}`, { redirect: "error", cache: "no-store" });
    if (answer.status === 200) take(parse(await answer.text()));
    else if (answer.status !== 204) location.reload();
  } catch { /* offline: the next turn tries again */ }
}

function showSending() {
  for (const button of document.querySelectorAll("[data-send]")) button.hidden = !navigator.share;
}

document.documentElement.dataset.js = "";
document.getElementById("address").textContent = location.href.split("#")[0];
document.addEventListener("click", (event) => {
  const copy = event.target.closest("[data-copy-text]");
  if (copy) copyText(copy);
  const send = event.target.closest("[data-send]");
  if (send) navigator.share({ title: send.dataset.send, url: location.href.split("#")[0] }).catch(() => {});
});
localise(document);
showSending();
setInterval(refresh, EVERY_MS);
