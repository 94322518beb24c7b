// Which tasks are selected: with the mouse, with the keyboard, in ranges. The boxes themselves remember it.
import { bind } from "./keys.js";

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

// The offer to take all that match, once the whole page is selected. Whoever then takes one out means the page.
const offer = () => document.querySelector("#bulk [data-match]");
const everything = () => offer()?.querySelector("[name=match]");

function withdraw() {
  const box = everything();
  if (box) box.checked = false;
}

function showOffer(number, all) {
  const label = offer();
  if (!label) return;
  if (!number) withdraw();
  const box = everything();
  const shown = box.checked || (number > 0 && number === all);
  if (shown && label.hidden) count(box);
  label.hidden = !shown;
  document.body.classList.toggle("matching", box.checked);
}

async function count(box) {
  const query = new URLSearchParams({ match: box.value });
  const answer = await fetch(`${box.dataset.countUrl}?${query}`).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const words = offer()?.querySelector("span");
  if (words) say(words, `Select all ${await answer.text()} that match`);
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
    const words = everything()?.checked ? "All that match" : `${number} selected`;
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
document.addEventListener("listing", withdraw);
// Else a click with Shift marks the text between.
document.addEventListener("mousedown", (event) => {
  if (event.shiftKey && event.target.matches?.("#rows .box")) event.preventDefault();
});
// Rows come and go by themselves.
new MutationObserver(show).observe(document.getElementById("main"), { childList: true, subtree: true });
show();
