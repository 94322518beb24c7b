// The tags on a task's page: added with Enter, removed by their cross, without leaving the field.
import { morph, parse } from "./morph.js";
import { send } from "./send.js";
import { sayFailed } from "./toasts.js";

const panel = () => document.getElementById("tags");

// The socket brings the change too, but not where there is none.
async function refresh() {
  const response = await fetch(location.href);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.getElementById("tags");
  if (fresh) morph(panel(), parse(fresh.outerHTML));
}

async function change(form, button) {
  const field = document.querySelector("#tags [name=add]");
  const problem = await send(form, button);
  if (problem) return sayFailed(problem);
  if (form.id === "tagging") field.value = "";
  await refresh();
  field.focus();
}

document.addEventListener("submit", (event) => {
  const { target: form, submitter: button } = event;
  if (form.id !== "tagging" && !button?.matches("[data-untag]")) return;
  event.preventDefault();
  change(form, button);
});
