// The live page of one task.
import { copyText } from "./copy_text.js";
import { sawFailure, showActive } from "./counts.js";
import { Live } from "./live.js";
import { morph, parse } from "./morph.js";
import { now } from "./times.js";

const LOOK_MS = 1000;
const AFTER_MS = 1000;
const AGAIN_MS = 2500;
const ACTIVE = new Set(["submitting", "queued", "running"]);
const page = document.getElementById("page");
const task = () => page.querySelector("[data-version]");
let askedAt = 0;

function take(message) {
  if (message.type !== "rows" && message.type !== "sync") return;
  for (const row of message.rows) show(row.html);
  if (message.gone.length) document.getElementById("gone").hidden = false;
  else if (message.rows.length) document.getElementById("gone").hidden = true;
}

function show(html) {
  const old = task();
  const fresh = parse(html);
  if (Number(fresh.dataset.version) < Number(old.dataset.version)) return;
  if (fresh.dataset.status === "failed" && old.dataset.status !== "failed") sawFailure();
  morph(old, fresh);
  showTitle();
}

function showTitle() {
  document.title = `${task().dataset.title} · Dailies`;
  showActive(ACTIVE.has(task().dataset.status) ? 1 : 0);
}

// Poll facts change without a new version: when the countdown has passed, the panel is fetched again.
async function refreshAsking() {
  const panel = document.getElementById("asking");
  const next = panel && Date.parse(panel.dataset.next);
  if (!next || document.hidden || now() < next + AFTER_MS || Date.now() < askedAt + AGAIN_MS) return;
  askedAt = Date.now();
  try {
    const response = await fetch(panel.dataset.url, { redirect: "error" });
    if (response.ok) morph(panel, parse(await response.text()));
  } catch { /* the live label tells that we are offline */ }
}

const have = () => ({ [task().id.slice("task-".length)]: Number(task().dataset.version) });
page.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy-text]");
  if (button) copyText(button);
});
setInterval(refreshAsking, LOOK_MS);
showTitle();
new Live({ query: page.dataset.liveQuery, syncUrl: page.dataset.syncUrl, have, take });
