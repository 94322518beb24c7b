// Which tasks are selected: with the mouse, with the keyboard, in ranges. The boxes themselves remember it.
import { bind } from "./keys.js";
import { isTaken, showOffer, withdraw } from "./match.js";

const ROW = "#rows [data-version], #rows li";
let last = "";

const boxes = () => [...document.querySelectorAll("#rows .box")];
const selected = () => boxes().filter((box) => box.checked);
const focused = () => document.activeElement?.closest(ROW)?.querySelector(".box");

// From the box that was touched last to this one, all become like this one.
function spread(box) {
  const all = boxes();
  const ends = [all.findIndex((one) => one.value === last), all.indexOf(box)];
  if (ends[0] < 0) return;
  for (const one of all.slice(Math.min(...ends), Math.max(...ends) + 1)) one.checked = box.checked;
}

function touch(box, range) {
  if (!box.checked) withdraw();
  if (range) spread(box);
  last = box.value;
  show();
}

function press(range) {
  const box = focused();
  if (!box) return;
  box.checked = range || !box.checked;
  touch(box, range);
}

function selectAll(checked) {
  for (const box of boxes()) box.checked = checked;
  if (!checked) withdraw();
  show();
}

// Only what differs is written: the observer below would hear of it without end.
function say(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

function show() {
  const bar = document.getElementById("bulk");
  const number = selected().length;
  const all = boxes().length;
  document.body.classList.toggle("selecting", number > 0);
  if (bar) {
    const button = bar.querySelector("[data-pick-shown]");
    showOffer(number, all);
    const words = isTaken() ? "All that match" : `${number} selected`;
    say(document.getElementById("picked"), number ? words : "");
    say(button, `Select all ${all}`);
    button.hidden = number === all;
  }
  const head = document.querySelector("[data-pick-all]");
  if (!head) return;
  head.checked = number > 0 && number === all;
  head.indeterminate = number > 0 && number < all;
}

function onClick(event) {
  const target = event.target;
  if (target.matches?.("[name=match]")) show();
  else if (target.matches?.("#rows .box")) touch(target, event.shiftKey);
  else if (target.matches?.("[data-pick-all]")) selectAll(target.checked);
  else if (target.closest?.("[data-pick-shown]")) selectAll(true);
  else if (target.closest?.("[data-pick-none]")) selectAll(false);
}

function leave() {
  if (selected().length) selectAll(false);
  else document.activeElement?.blur();
}

bind({ x: () => press(false), X: () => press(true), Escape: leave });
document.addEventListener("click", onClick);
// Else a click with Shift marks the text between.
document.addEventListener("mousedown", (event) => {
  if (event.shiftKey && event.target.matches?.("#rows .box")) event.preventDefault();
});
// Rows come and go by themselves.
new MutationObserver(show).observe(document.getElementById("main"), { childList: true, subtree: true });
show();
