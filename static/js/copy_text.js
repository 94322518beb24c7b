// Copies the text of the element that <button data-copy-text="id"> names, and says whether it worked.
const SAYS_MS = 1500;

export async function copyText(button) {
  const label = button.querySelector("span");
  const word = button.dataset.word ??= label.textContent;
  label.textContent = (await copy(document.getElementById(button.dataset.copyText))) ? "Copied ✓" : "Press Ctrl+C";
  setTimeout(() => { label.textContent = word; }, SAYS_MS);
}

// On plain http the clipboard is closed to scripts; the old way still works there.
async function copy(element) {
  try {
    await navigator.clipboard.writeText(element.textContent);
    return true;
  } catch {
    getSelection().selectAllChildren(element);
    return document.execCommand("copy");
  }
}
