// "View in 3D": the viewer's own page comes into the stage, once somebody asks for it.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-model]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const frame = document.createElement("iframe");
  Object.assign(frame, { src: link.href, title: `${link.dataset.model} in 3D`, allow: "fullscreen" });
  frame.dataset.kept = "";
  link.closest(".model").append(frame);
  frame.addEventListener("load", () => frame.focus());
});
