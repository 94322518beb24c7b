// <details data-menu>: closes when somebody clicks elsewhere, leaves it by keyboard, or presses Escape.
const opened = () => document.querySelectorAll("details[data-menu][open]");

function closeOthers(target) {
  for (const menu of opened()) if (!menu.contains(target)) menu.open = false;
}

document.addEventListener("click", (event) => closeOthers(event.target));
document.addEventListener("focusin", (event) => closeOthers(event.target));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of opened()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
