// Turns what is shown into what came, in place: focus, caret, typed text, open <details> and what plays stay.
import { Idiomorph } from "../vendor/idiomorph-0.8.0/idiomorph.esm.js";
import { printOutlooks } from "./outlook.js";
import { localise } from "./times.js";

const isKept = (node) => node.nodeType === Node.ELEMENT_NODE && "kept" in node.dataset;
const begun = (media) => !media.paused || media.currentTime > 0;
const plays = (old, fresh) => old instanceof HTMLMediaElement && begun(old) && old.getAttribute("src") === fresh.getAttribute("src");

// data-kept: a script put it in or took it over. data-own="name": that attribute is the page's own business.
const CALLBACKS = {
  beforeNodeMorphed: (old, fresh) => !isKept(old) && !plays(old, fresh),
  beforeNodeRemoved: (node) => !isKept(node),
  // Whether a disclosure is open is the reader's business.
  beforeAttributeUpdated: (name, element) =>
    !(name === "open" && element.localName === "details") && element.dataset.own !== name,
};

export function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  const element = template.content.firstElementChild;
  localise(element);
  printOutlooks(element);
  return element;
}

export function morph(old, fresh, style = "outerHTML") {
  Idiomorph.morph(old, fresh, { morphStyle: style, ignoreActiveValue: true, callbacks: CALLBACKS });
  document.dispatchEvent(new Event("morphed"));
}
