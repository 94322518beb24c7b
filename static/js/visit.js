// Another filter, view or page of the list without a new page: the address and the history stay right.
import { morph } from "./morph.js";
import { localise } from "./times.js";

let running = null;

async function fetchPage(url) {
  running?.abort();
  running = new AbortController();
  const response = await fetch(url, { signal: running.signal, headers: { Accept: "text/html" } });
  const found = new DOMParser().parseFromString(await response.text(), "text/html");
  if (response.redirected || !found.getElementById("page")) throw new Error("not a list");
  return found;
}

// Shows the list of a page that was fetched.
export function showPage(found) {
  localise(found);
  morph(document.getElementById("page"), found.getElementById("page"));
  document.title = found.title;
  const next = found.querySelector("#act [name=next]");
  if (next) document.querySelector("#act [name=next]").value = next.value;
  document.dispatchEvent(new Event("listing"));
}

// Shows what `url` leads to; "push" and "replace" name what happens to the address, "" leaves it.
export async function visit(url, history = "") {
  try {
    const found = await fetchPage(url);
    if (history) window.history[`${history}State`](null, "", url);
    showPage(found);
  } catch (error) {
    if (error.name !== "AbortError") location.assign(url);
  }
}
