// Where a file is given that a task begins from: shows it, and uploads it beside the form, with its progress.
const form = document.getElementById("create-form");
const make = document.getElementById("make");
let underWay = 0;

export function say(box, text) {
  const trouble = box.querySelector("[data-trouble]");
  trouble.textContent = text;
  trouble.hidden = !text;
}

export function add(box, html) {
  const list = box.querySelector(".givens");
  const item = new DOMParser().parseFromString(html, "text/html").querySelector(".given");
  const reference = item.querySelector("input[type=hidden]").value;
  for (const one of list.querySelectorAll(".given")) {
    if (!("many" in box.dataset) || one.querySelector("input[type=hidden]")?.value === reference) one.remove();
  }
  list.append(document.importNode(item, true));
  box.dispatchEvent(new Event("given", { bubbles: true }));
}

function count(change) {
  underWay += change;
  make.disabled = underWay > 0;
  make.title = underWay ? "Wait until the files are here" : "";
}

export function upload(box, file) {
  if (file.size > Number(box.dataset.max)) {
    say(box, `${file.name} is too large: at most ${Math.floor(box.dataset.max / 1e6)} MB can be given.`);
    return;
  }
  say(box, "");
  const row = document.createElement("li");
  row.className = "given going";
  const bar = Object.assign(document.createElement("progress"), { max: file.size || 1 });
  bar.setAttribute("aria-label", `Uploading ${file.name}`);
  const stop = Object.assign(document.createElement("button"), { type: "button", className: "btn small", textContent: "Stop" });
  const name = Object.assign(document.createElement("span"), { className: "cut", textContent: file.name });
  row.append(name, bar, stop);
  box.querySelector(".givens").append(row);

  const body = new FormData();
  body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  body.set("kind", box.dataset.kind);
  body.set("name", box.dataset.name);
  body.set("file", file, file.name);
  const request = new XMLHttpRequest();  // fetch tells nothing of how much has gone out
  request.open("POST", form.dataset.inputsUrl);
  request.upload.addEventListener("progress", (event) => { bar.value = event.loaded; });
  request.addEventListener("loadend", () => {
    row.remove();
    count(-1);
    const { status, responseText } = request;
    if (status === 200 || status === 201) add(box, responseText);
    else if (status === 400) say(box, `${file.name}: ${responseText}`);
    else if (status === 413) say(box, `${file.name} is too large.`);
    else if (status) say(box, `${file.name} was not taken. Reload the page and try again.`);
    else if (!row.dataset.stopped) say(box, `${file.name}: the server does not answer. Try again.`);
  });
  stop.addEventListener("click", () => { row.dataset.stopped = "yes"; request.abort(); });
  count(1);
  request.send(body);
}

export function give(box, files) {
  const wanted = "many" in box.dataset ? [...files] : [...files].slice(0, 1);
  for (const file of wanted) upload(box, file);
}
