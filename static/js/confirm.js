// data-confirm="Click again to …" on a form or a button: the first click asks, the second within 4 seconds does.
const WAIT_MS = 4000;

document.addEventListener("submit", (event) => {
  const button = event.submitter ?? event.target.querySelector("button");
  const asks = button?.closest("[data-confirm]") ?? event.target.closest("[data-confirm]");
  if (!asks || asks.dataset.sure) return;
  event.preventDefault();
  const before = [...button.childNodes];
  asks.dataset.sure = "yes";
  button.replaceChildren(asks.dataset.confirm);
  setTimeout(() => {
    delete asks.dataset.sure;
    button.replaceChildren(...before);
  }, WAIT_MS);
});
