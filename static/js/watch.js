// Notices when the network, the window or the whole machine comes back.
const LOOK_EVERY_MS = 5000;
const SLEPT_MS = 20_000;

// Calls `wake` when looking again makes sense, `slept` when every connection is dead whatever it says,
// `offline` when the network went; returns what ends the watching.
export function watch({ wake, slept, offline }) {
  const ending = new AbortController();
  const listen = (target, name, act) => target.addEventListener(name, act, { signal: ending.signal });
  let looked = Date.now();

  function look() {
    const jumped = Date.now() - looked > SLEPT_MS;
    looked = Date.now();
    if (jumped && !document.hidden) slept();
  }

  function onVisible() {
    looked = Date.now();
    if (!document.hidden) wake();
  }

  listen(window, "online", wake);
  listen(window, "offline", offline);
  listen(document, "visibilitychange", onVisible);
  const looking = setInterval(look, LOOK_EVERY_MS);
  return () => {
    ending.abort();
    clearInterval(looking);
  };
}
