// "Track a task": opens over the page, and says while one types what it recognised. The server recognises;
// without this script the same form is a page with a "Recognise" button.
import { sayDrag, takeFile } from "./track_more.js";

const TYPING_MS = 350;

document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href$="/track"]');
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  open(link.href).catch(() => { location.href = link.href; });
});

async function open(href) {
  let form = document.getElementById("track-form");
  if (!form) {
    const answer = await fetch(href, { headers: { "X-Part": "dialog" } });
    if (!answer.ok || answer.redirected) throw new Error("not signed in any more");
    document.body.insertAdjacentHTML("beforeend", await answer.text());
    form = document.getElementById("track-form");
    follow(form);
  }
  const dialog = form.closest("dialog");
  if (dialog && !dialog.open) dialog.showModal();
  form.elements.text.focus();
}

function follow(form) {
  const dialog = form.closest("dialog");
  const found = form.querySelector("[data-found]");
  const confirm = document.querySelector("[data-confirm-track]");
  const text = form.elements.text;
  let read = text.value;
  let timer = 0;
  let asking = new AbortController();

  async function recognise() {
    clearTimeout(timer);
    asking.abort();
    asking = new AbortController();
    const asked = text.value;
    const focused = found.contains(document.activeElement) ? document.activeElement.name : "";
    if (!asked.trim()) return show("", asked);
    try {
      const answer = await fetch(form.action, {
        method: "POST", body: new FormData(form), headers: { "X-Part": "found" }, signal: asking.signal,
      });
      if (answer.redirected) location.reload();
      else show(answer.ok ? await answer.text() : "", asked);
      if (!answer.ok) sayFailed();
      if (focused) found.querySelector(`[name="${focused}"]`)?.focus();
    } catch (error) {
      if (error.name !== "AbortError") sayFailed();
    }
  }

  function show(html, asked) {
    found.innerHTML = html;
    read = asked;
    const seen = found.querySelector("[name=seen]");
    const fresh = Number(seen?.dataset.new ?? 0);
    const known = Number(seen?.dataset.known ?? 0);
    confirm.disabled = !fresh && !known;
    confirm.textContent = fresh ? `Track ${fresh} task${fresh === 1 ? "" : "s"}` : known ? "Open" : "Track";
  }

  function sayFailed() {
    const said = document.createElement("p");
    said.className = "wrong";
    said.role = "alert";
    said.textContent = "The server does not answer, so nothing is recognised yet. It is tried again as you type.";
    found.replaceChildren(said);
    confirm.disabled = true;
  }

  takeFile(form, recognise);
  sayDrag(form);
  text.addEventListener("input", (event) => {
    confirm.disabled = true;
    clearTimeout(timer);
    timer = setTimeout(recognise, event.inputType === "insertFromPaste" ? 0 : TYPING_MS);
  });
  found.addEventListener("change", recognise);
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    if (text.value !== read) recognise();
    else if (!confirm.disabled) form.requestSubmit(confirm);
  });
  for (const button of document.querySelectorAll("[data-recognise]")) button.hidden = true;
  for (const button of dialog?.querySelectorAll("[data-close]") ?? []) {
    button.addEventListener("click", () => dialog.close());
  }
}

const page = document.getElementById("track-form");
if (page) follow(page);
