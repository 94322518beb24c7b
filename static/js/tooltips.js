// A chip's and a time's tooltip lie above the row's link, so a click on them is passed on to it.
function pass(event) {
  const above = event.target.closest("#rows .chip, #rows time");
  const link = above?.closest("[data-version]")?.querySelector("a");
  if (link) link.dispatchEvent(new MouseEvent("click", event));
}

export function startTooltips() {
  document.addEventListener("click", pass);
}
