// An image that is drawn near and moved about: wheel, two fingers, a double click, a drag.
const MOST = 12;
const TAP_MS = 300;

export class Pan {
  constructor(pane, image) {
    Object.assign(this, { pane, image, fingers: new Map(), tapped: 0 });
    pane.addEventListener("wheel", (event) => this.onWheel(event), { passive: false });
    pane.addEventListener("pointerdown", (event) => this.onDown(event));
    pane.addEventListener("pointermove", (event) => this.onMove(event));
    for (const name of ["pointerup", "pointercancel"]) {
      pane.addEventListener(name, (event) => this.fingers.delete(event.pointerId));
    }
    this.reset();
  }

  get isNear() {
    return this.scale > 1;
  }

  reset() {
    Object.assign(this, { scale: 1, x: 0, y: 0 });
    this.draw();
  }

  // The point `at` of the window stays where it is.
  zoom(by, at = { x: innerWidth / 2, y: innerHeight / 2 }) {
    const scale = Math.min(MOST, Math.max(1, this.scale * by));
    const [dx, dy] = [at.x - innerWidth / 2, at.y - innerHeight / 2];
    this.x = dx - ((dx - this.x) * scale) / this.scale;
    this.y = dy - ((dy - this.y) * scale) / this.scale;
    this.scale = scale;
    this.draw();
  }

  move(dx, dy) {
    this.x += dx;
    this.y += dy;
    this.draw();
  }

  // No further than that the image still reaches the middle.
  draw() {
    const reach = (size) => (size * (this.scale - 1)) / 2;
    const [most, high] = [reach(this.image.offsetWidth || innerWidth), reach(this.image.offsetHeight || innerHeight)];
    this.x = Math.min(most, Math.max(-most, this.x));
    this.y = Math.min(high, Math.max(-high, this.y));
    this.image.style.transform = `translate(${this.x}px, ${this.y}px) scale(${this.scale})`;
    this.pane.classList.toggle("near", this.isNear);
  }

  onWheel(event) {
    event.preventDefault();
    this.zoom(Math.exp(-event.deltaY / (event.ctrlKey ? 100 : 400)), event);
  }

  onDown(event) {
    event.preventDefault();
    this.pane.setPointerCapture(event.pointerId);
    this.fingers.set(event.pointerId, { x: event.x, y: event.y });
    const isDouble = event.timeStamp - this.tapped < TAP_MS && this.fingers.size === 1;
    this.tapped = event.timeStamp;
    if (isDouble) {
      if (this.isNear) this.reset();
      else this.zoom(3, event);
    }
  }

  onMove(event) {
    const before = this.fingers.get(event.pointerId);
    if (!before) return;
    const other = [...this.fingers].find(([id]) => id !== event.pointerId)?.[1];
    this.fingers.set(event.pointerId, { x: event.x, y: event.y });
    if (!other) return this.move(event.x - before.x, event.y - before.y);
    const apart = (one) => Math.hypot(one.x - other.x, one.y - other.y);
    this.zoom(apart(event) / Math.max(1, apart(before)), { x: (event.x + other.x) / 2, y: (event.y + other.y) / 2 });
  }
}
