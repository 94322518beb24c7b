// A star changes at once; when the server does not take it, it changes back.
import { bind } from "./keys.js";
import { send } from "./send.js";
import { sayFailed } from "./toasts.js";

function turn(button) {
  button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
  const other = button.dataset.star;
  button.dataset.star = button.getAttribute("formaction");
  button.setAttribute("formaction", other);
}

const sending = new Map(); // button → how many of its requests are on the way

// While one is, news of the task that was written before must not turn the star back: it is kept as it is.
function keep(button, step) {
  const count = (sending.get(button) ?? 0) + step;
  if (count) {
    sending.set(button, count);
    button.dataset.kept = "";
  } else {
    sending.delete(button);
    delete button.dataset.kept;
  }
}

async function star(button) {
  const sent = send(button.form, button);
  turn(button);
  keep(button, 1);
  const problem = await sent;
  keep(button, -1);
  if (!problem) return;
  if (button.isConnected) turn(button);
  sayFailed(problem);
}

// Of the row that has the focus or, on a task's own page, of the task.
function press() {
  if (!("canEdit" in document.body.dataset)) return;
  const row = document.activeElement?.closest("#rows [data-version]");
  const button = row ? row.querySelector("[data-star]") : document.querySelector(".one [data-star]");
  if (button) star(button);
}

document.addEventListener("submit", (event) => {
  if (!event.submitter?.matches("[data-star]")) return;
  event.preventDefault();
  star(event.submitter);
});
bind({ ".": press });
