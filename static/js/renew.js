// <div id data-renew="seconds">: fetched anew while somebody looks, except where the focus is.
for (const part of document.querySelectorAll("[data-renew]")) {
  setInterval(() => renew(part.id), Number(part.dataset.renew) * 1000);
}

async function renew(id) {
  const part = document.getElementById(id);
  if (document.hidden || part.contains(document.activeElement)) return;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById(id);
    if (fresh && !part.contains(document.activeElement)) part.replaceChildren(...fresh.childNodes);
  } catch { /* offline: the next turn tries again */ }
}
