// Turns what is shown into what came, in place: focus, caret, typed text and open <details> stay.
import { Idiomorph } from "../vendor/idiomorph-0.8.0/idiomorph.esm.js";
import { localise } from "./times.js";

const CALLBACKS = {
  // Whether a disclosure is open is the reader's business.
  beforeAttributeUpdated: (name, element) => !(name === "open" && element.localName === "details"),
};

export function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  const element = template.content.firstElementChild;
  localise(element);
  return element;
}

export function morph(old, fresh, style = "outerHTML") {
  Idiomorph.morph(old, fresh, { morphStyle: style, ignoreActiveValue: true, callbacks: CALLBACKS });
}
