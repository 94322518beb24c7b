// Buttons that copy a field: <button data-copy="id of the field" hidden>. Hidden until now, as they need this script.
for (const button of document.querySelectorAll("[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  const label = button.querySelector("span") ?? button;
  const word = label.textContent;
  button.hidden = false;
  field.addEventListener("focus", () => field.select());
  button.addEventListener("click", async () => {
    label.textContent = (await copy(field)) ? "Copied" : "Press Ctrl+C";
    setTimeout(() => { label.textContent = word; }, 1500);
  });
}

// On plain http the clipboard is closed to scripts; the old way still works there.
async function copy(field) {
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    field.focus();
    field.select();
    return document.execCommand("copy");
  }
}
