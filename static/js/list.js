// The live list: what the server says of tasks becomes rows, counters and the "5 new" pill.
import { announce } from "./announce.js";
import { sawFailure, showActive, showCounts } from "./counts.js";
import { startFilters } from "./filters.js";
import { isIdle } from "./idle.js";
import { Live } from "./live.js";
import { parse } from "./morph.js";
import { allRows, belongs, idOf, insert, isShown, leave, rowOf, update } from "./rows.js";
import { startTooltips } from "./tooltips.js";
import { visit } from "./visit.js";

const MOST_ROWS = 150;
const waiting = new Map();
let unseen = 0;
let live = null;

const page = () => document.getElementById("page");
const refresh = () => visit(location.href);

function have() {
  const shown = allRows().map((row) => [idOf(row), Number(row.dataset.version)]);
  return Object.fromEntries([...[...waiting].map(([id, row]) => [id, row.version]), ...shown]);
}

function take(message) {
  if (message.type === "counts" || message.type === "sync") showCounts(message.counts);
  if (message.type === "sync") unseen = message.fresh;
  if (message.type === "rows" || message.type === "sync") {
    message.rows.forEach(takeRow);
    message.gone.forEach(takeGone);
    showFresh();
  }
}

function takeRow(row) {
  const shown = rowOf(row.id);
  if (shown) {
    const before = shown.dataset.status;
    update(shown, row.html, row.match);
    if (shown.dataset.status !== before) tell(shown.dataset.status);
  } else if (row.match && "newest" in page().dataset) waiting.set(row.id, row);
  else waiting.delete(row.id);
}

function tell(status) {
  announce(status);
  if (status === "failed") sawFailure();
}

function takeGone(id) {
  waiting.delete(id);
  const row = rowOf(id);
  if (row) leave(row);
}

// New rows come in only where nobody is reading; else the pill says how many there are.
function showFresh() {
  if ((waiting.size || unseen) && isIdle()) showWaiting();
  const pill = document.getElementById("fresh");
  if (!pill) return;
  const number = waiting.size + unseen;
  pill.hidden = number === 0;
  pill.querySelector("span").textContent = `${number >= 100 ? "100+" : number} new`;
}

function showWaiting() {
  if (unseen || !isShown() || allRows().length + waiting.size > MOST_ROWS) return refresh();
  const fresh = [...waiting.values()].map((row) => parse(row.html)).filter(belongs);
  fresh.forEach(insert);
  waiting.clear();
  const shown = document.getElementById("shown");
  if (shown) shown.textContent = allRows().length;
}

function onPill(event) {
  const pill = event.target.closest("#fresh");
  if (!pill || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  scrollTo(0, 0);
  if (pill.href === location.href) showWaiting();
  else visit(pill.href, "push");
  pill.hidden = true;
}

function connect() {
  waiting.clear();
  unseen = 0;
  const { liveQuery, syncUrl } = page().dataset;
  if (live?.query === liveQuery) return live.sync();
  live?.stop();
  live = new Live({ query: liveQuery, syncUrl, have, take });
}

startFilters();
document.addEventListener("click", onPill);
startTooltips();
document.addEventListener("listing", connect);
showActive(Number(document.title.match(/^\((\d+)\)/)?.[1] ?? 0));
connect();
