// What is done with the selected tasks is done without leaving the list, and so is its undoing.
import { follow } from "./send.js";
import { sayFailed, takeToasts } from "./toasts.js";
import { showPage } from "./visit.js";

const SENT = "#bulk [formmethod=post], .toast form button, [data-tags-form] button, [form=tags-form]";

async function act(form, button) {
  const dialog = document.getElementById("tags-dialog");
  const page = await follow(form, button, dialog?.open ? "dialog" : "");
  const again = page?.getElementById("tags-dialog");
  if (again) return dialog.replaceWith(open(again));
  if (!page?.getElementById("page")) return sayFailed("That was not done. Reload the page and try again.");
  dialog?.remove();
  showPage(page);
  takeToasts(page);
}

function open(dialog) {
  const here = document.importNode(dialog, true);
  document.body.append(here);
  here.showModal();
  return here;
}

async function openTags(form, button) {
  const query = new URLSearchParams(new FormData(form, button));
  const response = await fetch(`${button.formAction}?${query}`, { headers: { "X-Part": "dialog" } });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const dialog = page.getElementById("tags-dialog");
  if (!dialog) throw new Error("not signed in any more");
  document.getElementById("tags-dialog")?.remove();
  open(dialog).querySelector("[name=add]").focus();
}

document.addEventListener("submit", (event) => {
  const { target: form, submitter: button } = event;
  if (form.elements.match?.checked) return; // all that match: the page of the batch follows
  if (button?.matches("[data-tag]")) {
    event.preventDefault();
    openTags(form, button).catch(() => sayFailed("The server does not answer. Try again."));
  } else if (button?.matches(SENT)) {
    event.preventDefault();
    act(form, button);
  }
});
document.addEventListener("click", (event) => {
  if (event.target.closest("#tags-dialog [data-close]")) document.getElementById("tags-dialog").close();
});
