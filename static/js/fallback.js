// The same sync over HTTP, for networks that let no socket through.
const EVERY_MS = 3000;
const FIRST_AFTER_MS = 500;

export class Fallback {
  // `ask` gives the body to send; `answer` takes what came; `say` a word for the label.
  constructor(url, ask, answer, say) {
    Object.assign(this, { url, ask, answer, say });
    this.timer = 0;
  }

  get runs() {
    return this.timer !== 0;
  }

  start() {
    if (this.runs) return;
    this.timer = setInterval(() => this.sync(), EVERY_MS);
    setTimeout(() => this.sync(), FIRST_AFTER_MS);
  }

  stop() {
    clearInterval(this.timer);
    this.timer = 0;
  }

  async sync() {
    if (!this.runs) return;
    try {
      const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
      const headers = { "Content-Type": "application/json", "X-CSRFToken": token };
      const body = JSON.stringify(this.ask());
      const response = await fetch(this.url, { method: "POST", headers, body, redirect: "manual" });
      if (!this.runs) return;
      if (response.type === "opaqueredirect" || response.status === 401 || response.status === 403) this.refused();
      else if (response.ok) this.answered(await response.json());
      else this.say("offline");
    } catch {
      if (this.runs) this.say("offline");
    }
  }

  answered(message) {
    this.answer(message);
    this.say("checking");
  }

  refused() {
    this.stop();
    this.say("refused");
  }
}
