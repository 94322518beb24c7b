// Sends what a form's button would, without leaving the page. One after another, in the order of the
// clicks: two on the way at once may arrive the wrong way round. Who leaves the page cuts none off.

const KEEPALIVE_BYTES = 60_000; // browsers refuse to keep more than 64 KiB alive

let last = Promise.resolve();

function post(form, button, part) {
  const address = button?.hasAttribute("formaction") ? button.formAction : form.action;
  const body = new URLSearchParams(new FormData(form, button));
  const sent = last.then(() => deliver(address, body, part));
  last = sent.catch(() => {});
  return sent;
}

async function deliver(address, body, part) {
  const headers = part ? { "X-Part": part } : {};
  const keepalive = String(body).length < KEEPALIVE_BYTES;
  const response = await fetch(address, { method: "POST", body, headers, keepalive });
  const text = await response.text();
  return { status: response.status, page: new DOMParser().parseFromString(text, "text/html") };
}

// "" when it was done, else what went wrong, in words.
export async function send(form, button) {
  try {
    const { status, page } = await post(form, button, "none");
    if (status === 204) return "";
    return page.querySelector(".wrong")?.textContent.trim() || "That was not done. Reload the page and try again.";
  } catch {
    return "The server does not answer. Try again.";
  }
}

// The page it leads to, or the part of one; null when the server does not answer.
export async function follow(form, button, part = "") {
  try {
    return (await post(form, button, part)).page;
  } catch {
    return null;
  }
}
