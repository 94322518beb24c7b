// Images fill the window on a click. Without this script the link leads to the file.
import { Pan } from "./pan.js";

const box = document.getElementById("lightbox");
const image = box.querySelector("img");
const pan = new Pan(box.querySelector(".pane"), image);
const links = () => [...document.querySelectorAll("a[data-zoom]")];
let here = "";

function show(link) {
  here = link.href;
  const { width, height } = link.querySelector("img").attributes;
  Object.assign(image, { src: link.href, alt: link.dataset.name, width: width.value, height: height.value });
  box.setAttribute("aria-label", link.dataset.name);
  box.querySelector("[data-file]").href = link.href;
  const all = links();
  const number = all.length > 1 ? ` · ${all.findIndex((one) => one.href === here) + 1} of ${all.length}` : "";
  box.querySelector("[data-caption]").textContent = link.dataset.name + number;
  for (const turn of box.querySelectorAll("[data-turn]")) turn.hidden = all.length < 2;
  pan.reset();
}

function turn(by) {
  const all = links();
  if (all.length < 2) return;
  show(all[(all.findIndex((one) => one.href === here) + by + all.length) % all.length]);
}

const KEYS = {
  "+": () => pan.zoom(1.5),
  "=": () => pan.zoom(1.5),
  "-": () => pan.zoom(1 / 1.5),
  0: () => pan.reset(),
  ArrowLeft: () => (pan.isNear ? pan.move(80, 0) : turn(-1)),
  ArrowRight: () => (pan.isNear ? pan.move(-80, 0) : turn(1)),
  ArrowUp: () => pan.move(0, 80),
  ArrowDown: () => pan.move(0, -80),
  "[": () => turn(-1),
  "]": () => turn(1),
};

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-zoom]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  show(link);
  box.showModal();
});
box.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-by], button[data-scale]");
  if (button?.dataset.by) turn(Number(button.dataset.by));
  else if (button) pan.zoom(button.dataset.scale === "in" ? 1.5 : 1 / 1.5);
});
box.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !KEYS[event.key]) return;
  event.preventDefault();
  KEYS[event.key]();
});
box.addEventListener("close", () => image.removeAttribute("src"));
