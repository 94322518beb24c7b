// The page of one 3D model. Its decoders are ours: told nothing, the component would fetch them elsewhere.
const home = new URL("../vendor/model-viewer-4.4.0/", import.meta.url).href;
const model = document.querySelector("model-viewer");
const says = document.getElementById("says");

self.ModelViewerElement = {
  dracoDecoderLocation: `${home}draco/`,
  ktx2TranscoderLocation: `${home}basis/`,
  meshoptDecoderLocation: `${home}meshopt_decoder.js`,
};

model.addEventListener("progress", ({ detail }) => {
  if (!("shown" in document.body.dataset)) says.textContent = `Loading the model… ${Math.round(100 * detail.totalProgress)} %`;
});
model.addEventListener("load", () => {
  document.body.dataset.shown = "";
  says.textContent = "";
});
model.addEventListener("error", () => {
  says.textContent = "This model cannot be shown here. The file itself can be downloaded.";
});
import(`${home}model-viewer.min.js`).catch(() => {
  says.textContent = "The 3D viewer did not load. Reload the page to try again.";
});
