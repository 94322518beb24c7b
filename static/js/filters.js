// Filters that act at once. Without this file they are links, and a form with a button.
import { visit } from "./visit.js";

const TYPING_MS = 250;
let timer = 0;

function address(form) {
  const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
  return form.action + (query.size ? `?${query}` : "");
}

function onClick(event) {
  const link = event.target.closest("a[data-visit]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  clearTimeout(timer);
  visit(link.href, "push");
  if (link.dataset.visit === "top") scrollTo(0, 0);
}

export function startFilters() {
  document.addEventListener("click", onClick);
  document.addEventListener("input", (event) => {
    const form = event.target.closest("#filters");
    if (!form || event.target.localName !== "input") return;
    clearTimeout(timer);
    timer = setTimeout(() => visit(address(form), "replace"), TYPING_MS);
  });
  document.addEventListener("change", (event) => {
    const form = event.target.closest("#filters");
    if (form && event.target.localName === "select") visit(address(form), "push");
  });
  document.addEventListener("submit", (event) => {
    if (event.target.id !== "filters") return;
    event.preventDefault();
    clearTimeout(timer);
    visit(address(event.target), "push");
  });
  addEventListener("popstate", () => visit(location.href));
}
