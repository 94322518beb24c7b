// The page of news: whether this browser tells of them while it shows something else.
import { canTell, isTelling, turnOff, turnOn } from "./elsewhere.js";

const home = document.getElementById("elsewhere");
const words = home.querySelector("[data-words]");
const button = home.querySelector("button");

function draw() {
  const refused = canTell() && Notification.permission === "denied";
  button.hidden = !canTell() || refused;
  button.textContent = isTelling() ? "Turn off" : "Turn on";
  if (!canTell()) words.textContent = "This browser shows no notices. Over http it may show none at all: use https, or localhost.";
  else if (refused) words.textContent = "This browser was told to show no notices of Dailies. Its settings for this site change that.";
  else if (isTelling()) words.textContent = "This browser tells you when you look at something else, as long as a page of Dailies is open.";
  else words.textContent = "This browser can tell you when you look at something else.";
}

button.addEventListener("click", async () => {
  if (isTelling()) turnOff();
  else await turnOn();
  draw();
});
draw();
