// <form data-confirm="Click again to …">: the first click asks, the second within 4 seconds does.
const WAIT_MS = 4000;

document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-confirm]");
  if (!form || form.dataset.sure) return;
  event.preventDefault();
  const button = event.submitter ?? form.querySelector("button");
  const before = [...button.childNodes];
  form.dataset.sure = "yes";
  button.replaceChildren(form.dataset.confirm);
  setTimeout(() => {
    delete form.dataset.sure;
    button.replaceChildren(...before);
  }, WAIT_MS);
});
