// The waveform beside a sound: how far it has played, and a click goes there.
const WIDTH = 320;
const waveOf = (audio) => document.querySelector(`[data-wave="${audio.id}"]`);
const length = (audio) => (Number.isFinite(audio.duration) ? audio.duration : Number(audio.dataset.duration) || 0);

function draw({ target }) {
  const wave = target.localName === "audio" && waveOf(target);
  if (!wave || !length(target)) return;
  wave.dataset.kept = "";
  wave.querySelector("rect").setAttribute("width", (WIDTH * target.currentTime) / length(target));
}

function jump(event) {
  const wave = event.target.closest("[data-wave]");
  if (!wave) return;
  const audio = document.getElementById(wave.dataset.wave);
  const { left, width } = wave.getBoundingClientRect();
  audio.currentTime = ((event.clientX - left) / width) * length(audio);
  audio.play().catch(() => {});
}

for (const name of ["timeupdate", "seeked", "ended"]) document.addEventListener(name, draw, true);
document.addEventListener("click", jump);
