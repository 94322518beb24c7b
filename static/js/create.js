// The form of a create call: shows what the model takes, and sends on Ctrl+Enter.
const form = document.getElementById("create-form");
const model = form.elements["p-model"];
const limited = [...form.querySelectorAll("[data-models]")];

function fits(field) {
  const name = model.value.trim().toLowerCase();
  return field.value || field.dataset.models.split(",").some((start) => name.startsWith(start));
}

function showFitting() {
  for (const field of limited) field.closest(".field").hidden = !fits(field);
}

if (model) {
  model.addEventListener("input", showFitting);
  showFitting();
}
form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});
