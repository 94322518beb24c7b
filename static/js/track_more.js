// What the form for tracking offers beside pasting: a file, and the bookmarklet.

// A file becomes the text, so that what is recognised is what one sees.
export function takeFile(form, recognise) {
  form.elements.file?.addEventListener("change", async (event) => {
    const [file] = event.target.files;
    if (!file) return;
    form.elements.text.value = (await file.text()).slice(0, 1_000_001);
    event.target.value = "";
    recognise();
  });
}

// Our own pages run no such address; only where it is dragged to it does something.
export function sayDrag(form) {
  form.querySelector("[data-bookmarklet]")?.addEventListener("click", (event) => {
    event.preventDefault();
    form.querySelector("[data-bookmarklet-says]").textContent = "Drag it to your browser’s bookmarks bar: it works from there, on any page.";
  });
}
