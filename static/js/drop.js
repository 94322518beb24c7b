// Files dropped or pasted anywhere on the form: each goes to a field that takes its kind.
import { give, say, upload } from "./give.js";

const boxes = [...document.querySelectorAll("#create-form [data-media]")];
const fits = (box, file) => !box.dataset.kind || file.type.split("/")[0] === box.dataset.kind;

// Of a paste or a drop beside the boxes: where the focus is, else the first that is seen and takes such a file.
function boxFor(file) {
  const focused = document.activeElement?.closest?.("[data-media]");
  const seen = boxes.filter((box) => box.checkVisibility?.() ?? box.offsetParent);
  return [focused, ...seen].find((box) => box && fits(box, file));
}

function giveAnywhere(files) {
  for (const file of files) {
    const box = boxFor(file);
    if (box) upload(box, file);
    else say(boxes[0], `${file.name}: no field here takes such a file.`);
  }
}

const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");

if (boxes.length) {
  document.addEventListener("dragover", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();  // else the browser would open the file in the place of the form
    for (const box of boxes) box.classList.toggle("over", box.contains(event.target));
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) for (const box of boxes) box.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    for (const box of boxes) box.classList.remove("over");
    const box = event.target.closest?.("[data-media]");
    if (box) give(box, event.dataTransfer.files);
    else giveAnywhere(event.dataTransfer.files);
  });
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    giveAnywhere(files);
  });
}
