// Whether rows may move: the reader is at the top of the newest page and busy with none of them.
const TOP_PX = 120;
const RESTS_MS = 3000;
let movedAt = 0;

document.addEventListener("pointermove", (event) => {
  if (event.target.closest?.("#rows")) movedAt = Date.now();
}, { passive: true });

export function isIdle() {
  const rows = document.getElementById("rows");
  const selection = getSelection();
  return "newest" in document.getElementById("page").dataset
    && scrollY < TOP_PX
    && Date.now() - movedAt > RESTS_MS
    && !rows?.contains(document.activeElement)
    && !rows?.querySelector(".box:checked")
    && !(selection && !selection.isCollapsed && rows?.contains(selection.anchorNode))
    && !document.querySelector("dialog[open]");
}
