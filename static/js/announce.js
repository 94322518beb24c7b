// Tells screen readers what ended, summed up and at most every ten seconds.
const EVERY_MS = 10_000;
const WORDS = { succeeded: "finished", failed: "failed", canceled: "canceled", lost: "lost", timed_out: "given up" };
const ended = new Map();
let timer = 0;

export function announce(status) {
  if (!(status in WORDS)) return;
  ended.set(status, (ended.get(status) ?? 0) + 1);
  timer ||= setTimeout(speak, EVERY_MS / 10);
}

function speak() {
  const parts = [...ended].map(([status, n]) => `${n} ${n === 1 ? "task" : "tasks"} ${WORDS[status]}`);
  document.getElementById("announce").textContent = parts.join(", ");
  ended.clear();
  timer = setTimeout(() => {
    timer = 0;
    if (ended.size) speak();
  }, EVERY_MS);
}
