// Shares in the app: the form opens over the page, a new link is copied or sent, a second click revokes.
import "./confirm.js";
import "./copy.js";
import { sayFailed } from "./toasts.js";

const NEW = "/shares/new";

async function open(address) {
  const response = await fetch(address, { headers: { "X-Part": "dialog" } });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const found = page.getElementById("share-dialog");
  if (!found) throw new Error("not signed in any more, or gone");
  document.getElementById("share-dialog")?.remove();
  const dialog = document.importNode(found, true);
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
  dialog.querySelector("select").focus();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-share-form]");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    open(link.href).catch(() => { location.href = link.href; });
  }
  if (event.target.closest("#share-dialog [data-close]")) document.getElementById("share-dialog").close();
});

// The button of the selection: the boxes ride along in the address.
document.addEventListener("submit", (event) => {
  const { target: form, submitter: button } = event;
  if (!button?.matches("button[data-share-form]")) return;
  event.preventDefault();
  const address = `${button.formAction}?${new URLSearchParams(new FormData(form, button))}`;
  open(address).catch(() => sayFailed("The server does not answer. Try again."));
});

document.addEventListener("share", ({ detail: id }) => {
  const next = encodeURIComponent(location.pathname + location.search);
  const address = `${NEW}?task=${id}&next=${next}`;
  open(address).catch(() => { location.href = address; });
});

const made = document.getElementById("made-link");
// Later than the browser's own jump to #made, which takes the focus away.
addEventListener("load", () => setTimeout(() => made?.focus({ preventScroll: true })));
for (const button of document.querySelectorAll("#made [data-send]")) {
  button.hidden = !navigator.share;
  button.addEventListener("click", () => navigator.share({ url: button.dataset.send }).catch(() => {}));
}
