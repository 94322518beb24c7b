// What every page does.
import { startKeys } from "./keys.js";
import "./menu.js";
import { startTicking } from "./ticker.js";
import { startToasts } from "./toasts.js";

startTicking();
startKeys();
startToasts();
