// Keys that mean something on a page: not while typing, not with a modifier, not behind a dialog.
export const typing = (element) => element.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");

export function meant(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return false;
  return !document.querySelector("dialog[open]");
}

// `acts` by key; one that returns false leaves the key to the browser.
export function onKeys(acts) {
  document.addEventListener("keydown", (event) => {
    if (!meant(event) || typing(event.target)) return;
    if (acts[event.key]?.(event)) event.preventDefault();
  });
}
