// The form of a create call: shows what the model takes, keeps the list of models fresh, and sends on Ctrl+Enter.
const form = document.getElementById("create-form");
const model = form.elements["p-model"];
const limited = [...form.querySelectorAll("[data-models]")];
const make = document.getElementById("make");

function isFilled(field) {
  if ("value" in field) return Boolean(field.value);
  return Boolean(field.querySelector(".given, input[type=text]:not(:placeholder-shown), textarea:not(:placeholder-shown)"));
}

function fits(field) {
  const name = model.value.trim().toLowerCase();
  return isFilled(field) || field.dataset.models.split(",").some((start) => name.startsWith(start));
}

function showFitting() {
  for (const field of limited) field.closest(".field").hidden = !fits(field);
}

if (model) {
  model.addEventListener("input", showFitting);
  form.addEventListener("given", showFitting);
  showFitting();
}
form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !make.disabled) form.requestSubmit(make);
});

// The list is asked for beside the form, so that nothing typed is lost and nobody waits for a provider.
async function refreshModels(onlyStale) {
  const shown = document.getElementById("models");
  const body = new FormData();
  body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  body.set("kind", form.dataset.kind);
  if (onlyStale) body.set("only-stale", "1");
  const button = shown.querySelector("button");
  button.disabled = true;
  try {
    const answer = await fetch(form.dataset.modelsUrl, { method: "POST", body });
    if (answer.ok && !answer.redirected) shown.outerHTML = await answer.text();
  } finally {
    button.disabled = false;
  }
}

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-refresh-models]")) return;
  event.preventDefault();
  refreshModels(false).catch(() => {});
});
if (document.getElementById("models")?.dataset.stale === "yes") refreshModels(true).catch(() => {});

document.getElementById("start")?.addEventListener("change", (event) => event.target.form.requestSubmit());
