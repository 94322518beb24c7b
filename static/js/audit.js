// A chosen filter is shown at once; the button is for those without scripts, and for the text.
const form = document.querySelector("[data-audit]");

form?.addEventListener("change", (event) => {
  if (event.target.matches("select")) form.requestSubmit();
});
form?.addEventListener("submit", () => {
  for (const field of form.elements) if (field.name && !field.value) field.disabled = true;
});
// Coming back shows the form as it was left: with its empty fields still disabled.
addEventListener("pageshow", () => {
  for (const field of form?.elements ?? []) field.disabled = false;
});
