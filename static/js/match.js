// The offer to take all that match, once the whole page is selected. Whoever then takes one out means the page.
const offer = () => document.querySelector("#bulk [data-match]");
const everything = () => offer()?.querySelector("[name=match]");

export function withdraw() {
  const box = everything();
  if (box) box.checked = false;
}

export function showOffer(number, all) {
  const label = offer();
  if (!label) return;
  if (!number) withdraw();
  const box = everything();
  const shown = box.checked || (number > 0 && number === all);
  if (shown && label.hidden) count(box);
  label.hidden = !shown;
  document.body.classList.toggle("matching", box.checked);
}

async function count(box) {
  const query = new URLSearchParams({ match: box.value });
  const answer = await fetch(`${box.dataset.countUrl}?${query}`).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const words = offer()?.querySelector("span");
  const said = `Select all ${await answer.text()} that match`;
  if (words && words.textContent !== said) words.textContent = said;
}

export const isTaken = () => Boolean(everything()?.checked);

document.addEventListener("listing", withdraw);
