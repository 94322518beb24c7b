// One socket for one page. It asks for the whole state again whenever something may have been missed.
import { Fallback } from "./fallback.js";
import { sawData, say } from "./label.js";
import { watch } from "./watch.js";

const WAITS_S = [1, 2, 4, 8, 16, 30];
const JITTER = 0.3;
const SYNC_EVERY_MS = 60_000;
const ANSWER_WITHIN_MS = 10_000;
const FAILS_BEFORE_FALLBACK = 3;
const NOT_ALLOWED = 4403;

export class Live {
  // `query` names view and filter; `have` gives {id: version}; `take` gets every message of the server.
  constructor({ query, syncUrl, have, take }) {
    Object.assign(this, { query, have, take, fails: 0, socket: null, timer: 0, deadline: 0 });
    const ask = () => ({ type: "sync", have: have() });
    const tell = (state) => (state === "refused" ? this.refused() : say(state));
    this.fallback = new Fallback(`${syncUrl}?${query}`, ask, (message) => this.receive(message), tell);
    this.unwatch = watch({ wake: () => this.wake(), slept: () => this.connect(), offline: () => this.lost(0) });
    this.syncing = setInterval(() => this.sync(), SYNC_EVERY_MS);
    this.connect();
  }

  stop() {
    this.unwatch();
    clearInterval(this.syncing);
    this.fallback.stop();
    this.drop();
  }

  drop() {
    clearTimeout(this.timer);
    clearTimeout(this.deadline);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  connect() {
    this.drop();
    if (!this.fallback.runs) say(this.fails ? "reconnecting" : "connecting");
    const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/ws/tasks/?${this.query}`);
    this.socket = socket;
    this.expectAnswer();
    socket.addEventListener("message", (event) => this.socket === socket && this.hear(JSON.parse(event.data)));
    socket.addEventListener("close", (event) => this.socket === socket && this.lost(event.code));
  }

  hear(message) {
    clearTimeout(this.deadline);
    if (message.type !== "hello") return this.receive(message);
    this.fails = 0;
    this.fallback.stop();
    say(message.live);
    this.sync();
  }

  receive(message) {
    sawData();
    if (message.type === "news") document.dispatchEvent(new Event("news"));
    else if (message.type === "resync") this.sync();
    else this.take(message);
  }

  lost(code) {
    this.drop();
    // That login ended. The browser may have another by now, as after a new password: HTTP tells.
    if (code === NOT_ALLOWED) this.fails = FAILS_BEFORE_FALLBACK;
    this.fails += 1;
    if (this.fails >= FAILS_BEFORE_FALLBACK && navigator.onLine) this.fallback.start();
    else say(navigator.onLine ? "reconnecting" : "offline");
    const wait = WAITS_S[Math.min(this.fails, WAITS_S.length) - 1] * (1 + JITTER * Math.random());
    this.timer = setTimeout(() => this.connect(), wait * 1000);
  }

  refused() {
    this.stop();
    say("refused");
  }

  // Ask how everything stands; no answer in time means that the connection only looks alive.
  sync() {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    this.socket.send(JSON.stringify({ type: "sync", have: this.have() }));
    this.expectAnswer();
  }

  expectAnswer() {
    clearTimeout(this.deadline);
    this.deadline = setTimeout(() => this.lost(0), ANSWER_WITHIN_MS);
  }

  wake() {
    if (this.socket?.readyState === WebSocket.OPEN) this.sync();
    else this.connect();
  }
}
