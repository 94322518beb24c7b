// The account form: the chosen provider's own address as the example, a slug made of the name until one is typed.
const provider = document.getElementById("id_provider");
const baseUrl = document.getElementById("id_base_url");
const name = document.getElementById("id_name");
const slug = document.getElementById("id_slug");

function showDefault() {
  const own = baseUrl.dataset[provider.value];
  const untouched = !baseUrl.value || Object.values(baseUrl.dataset).includes(baseUrl.value);
  if (untouched) baseUrl.value = own;
}

function slugOf(text) {
  return text.normalize("NFKD").toLowerCase().replace(/[^a-z0-9\s-]/g, "").trim().replace(/[\s-]+/g, "-").slice(0, 64);
}

let own = slug.value !== "";

function suggestSlug() {
  if (!own) slug.value = slugOf(name.value);
}

provider.addEventListener("change", showDefault);
slug.addEventListener("input", () => { own = slug.value !== ""; });
name.addEventListener("input", suggestSlug);
showDefault();
suggestSlug();
