// Files that a task begins from: uploaded at once when they are picked, dropped or pasted, or chosen from what is here.
// Without this script the same fields send their files along with the form.
import "./drop.js";
import { add, give } from "./give.js";

const form = document.getElementById("create-form");

form.addEventListener("change", (event) => {
  const box = event.target.closest("[data-media]");
  if (!box || event.target.type !== "file") return;
  give(box, event.target.files);
  event.target.value = "";  // it is sent by itself, and not once more with the form
});

form.addEventListener("click", (event) => {
  const drop = event.target.closest("[data-drop-file]");
  if (drop) {
    const box = drop.closest("[data-media]");
    drop.closest(".given").remove();
    box.querySelector("input[type=text], textarea").focus();
    box.dispatchEvent(new Event("given", { bubbles: true }));
  }
  const choose = event.target.closest("[data-choose]");
  if (choose && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    openChoices(choose).catch(() => { location.href = choose.href; });
  }
});

async function openChoices(link) {
  const answer = await fetch(link.href, { headers: { "X-Part": "dialog" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const found = page.getElementById("choose-dialog");
  if (!found) throw new Error("not signed in any more");
  const dialog = document.importNode(found, true);
  document.body.append(dialog);
  dialog.addEventListener("close", () => { dialog.remove(); link.focus(); });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.closest("[data-close]")) dialog.close();
    const choice = event.target.closest("[data-take]");
    if (!choice) return;
    add(link.closest("[data-media]"), choice.parentElement.querySelector("template").innerHTML);
    dialog.close();
  });
  dialog.showModal();
}
