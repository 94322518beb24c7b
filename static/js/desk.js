// What a list offers besides looking: select tasks, do something with them, star one.
import "./bulk.js";
import "./select.js";
import "./star.js";
