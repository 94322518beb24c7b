// Notices of the browser itself, for who looks at something else. They are asked for on the page of news, never before.
const ANSWERS_MS = 300;
const CHOICE = "elsewhere";
const tabs = new BroadcastChannel("dailies");
let seen = false;

export const canTell = () => "Notification" in window;
export const isTelling = () => canTell() && Notification.permission === "granted" && localStorage.getItem(CHOICE) === "on";

export async function turnOn() {
  const permission = await Notification.requestPermission();
  localStorage.setItem(CHOICE, permission === "granted" ? "on" : "off");
}

export function turnOff() {
  localStorage.setItem(CHOICE, "off");
}

// Another tab of ours may be in view: that one tells.
tabs.addEventListener("message", ({ data }) => {
  if (data === "who looks?" && !document.hidden) tabs.postMessage("I do");
  if (data === "I do") seen = true;
});

export async function tellElsewhere(fresh, allUrl) {
  if (!isTelling()) return;
  seen = false;
  tabs.postMessage("who looks?");
  await new Promise((resolve) => { setTimeout(resolve, ANSWERS_MS); });
  if (seen) return;
  if (fresh.length > 3) return show(summed(fresh), { tag: "many" }, allUrl);
  for (const one of fresh) show(one.title, { body: one.says, icon: one.picture, tag: one.key }, one.url);
}

function summed(fresh) {
  const done = fresh.filter((one) => one.key.endsWith(":succeeded")).length;
  return [[done, "done"], [fresh.length - done, "not done"]].filter(([n]) => n).map(([n, word]) => `${n} ${word}`).join(", ");
}

// The same tag in several tabs is one notice.
function show(title, options, url) {
  const notice = new Notification(title, options);
  notice.addEventListener("click", () => {
    window.focus();
    notice.close();
    location.assign(url);
  });
}
