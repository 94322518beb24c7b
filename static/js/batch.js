// How far batches are: asked at once, then each second while one goes on, wherever it is shown.
import { morph, parse } from "./morph.js";

const EVERY_MS = 1000;
const AWAY_MS = 5000;

const open = () => document.querySelector("#batch[data-batch-url]");
const strip = () => document.getElementById("batches");

async function part(url, name) {
  const answer = await fetch(url, { headers: { "X-Part": name } });
  if (!answer.ok || answer.redirected) throw new Error("not signed in any more, or away");
  return parse(await answer.text());
}

async function look() {
  const batch = open();
  if (batch) morph(batch, await part(batch.dataset.batchUrl, "progress"));
  const shown = strip();
  if (Number(shown?.dataset.open)) morph(shown, await part(shown.dataset.batchesUrl, "strip"));
}

async function again() {
  let wait = EVERY_MS;
  if (!document.hidden) await look().catch(() => { wait = AWAY_MS; });
  setTimeout(again, wait);
}

again();
