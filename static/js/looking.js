// Everything that helps to look at results.
import "./model.js";
import "./player.js";
import "./sound.js";
import "./strip.js";
import "./zoom.js";
