/** Moving and scaling a picture: by pointer, two fingers, wheel and keys. */

import type { Box, Point } from "./geometry";

const SMALLEST = 0.02;
const LARGEST = 4;
/** A pointer that moves less than this many pixels has clicked. */
const STILL = 4;

export class Viewport {
  scale = 1;
  x = 0;
  y = 0;
  /** Whether the pointer is being, or was just, used to move the picture: then it clicks nothing. */
  dragged = false;
  private known: { width: number; height: number } | null = null;
  private readonly pointers = new Map<number, Point>();

  constructor(
    private readonly frame: Element,
    private readonly moved: () => void,
    private readonly wheelZooms: (event: WheelEvent) => boolean,
  ) {
    const listen = <E extends Event>(name: string, listener: (event: E) => void) =>
      frame.addEventListener(name, listener as EventListener, { passive: false });
    listen<PointerEvent>("pointerdown", (event) => this.down(event));
    listen<PointerEvent>("pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel"]) {
      listen<PointerEvent>(name, (event) => this.pointers.delete(event.pointerId));
    }
    new ResizeObserver(() => (this.known = null)).observe(frame);
    listen<WheelEvent>("wheel", (event) => this.wheel(event));
  }

  /** Of the frame; kept, since asking for it makes the browser lay out the page. */
  get size(): { width: number; height: number } {
    this.known ??= { width: this.frame.clientWidth, height: this.frame.clientHeight };
    return this.known;
  }

  pan(dx: number, dy: number): void {
    this.x += dx;
    this.y += dy;
    this.moved();
  }

  /** Scales around a point of the frame; around its middle if none is given. */
  zoom(factor: number, around?: Point): void {
    const { width, height } = this.size;
    const { x, y } = around ?? { x: width / 2, y: height / 2 };
    const scale = Math.min(LARGEST, Math.max(SMALLEST, this.scale * factor));
    this.x = x - ((x - this.x) * scale) / this.scale;
    this.y = y - ((y - this.y) * scale) / this.scale;
    this.scale = scale;
    this.moved();
  }

  /** Shows a box as large as it fits; never smaller than `smallest`, then its top. */
  fit(box: Box, smallest: number, margin = 16): void {
    const { width, height } = this.size;
    const room = { width: width - 2 * margin, height: height - 2 * margin };
    const full = Math.min(room.width / box.width, room.height / box.height, 1.2);
    this.scale = Math.max(full, smallest);
    const [wide, high] = [box.width * this.scale, box.height * this.scale];
    this.x = (wide > room.width ? margin : (width - wide) / 2) - box.x * this.scale;
    this.y = (high > room.height ? margin : (height - high) / 2) - box.y * this.scale;
    this.moved();
  }

  /** Moves no further than needed for a box to be seen. */
  reveal(box: Box, margin = 40): void {
    const { width, height } = this.size;
    const left = box.x * this.scale + this.x;
    const top = box.y * this.scale + this.y;
    const dx = slack(left, left + box.width * this.scale, width, margin);
    const dy = slack(top, top + box.height * this.scale, height, margin);
    if (dx || dy) this.pan(dx, dy);
  }

  private down(event: PointerEvent): void {
    if (event.button > 0) return;
    if (!this.pointers.size) this.dragged = false;
    this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  }

  private move(event: PointerEvent): void {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    if (!event.buttons) {
      this.pointers.delete(event.pointerId);
      return;
    }
    const now = { x: event.clientX, y: event.clientY };
    const [dx, dy] = [now.x - before.x, now.y - before.y];
    if (!this.dragged && Math.hypot(dx, dy) < STILL) return;
    if (!this.dragged) this.frame.setPointerCapture(event.pointerId);
    this.dragged = true;
    const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1];
    this.pointers.set(event.pointerId, now);
    if (other) this.pinch(before, now, other);
    else this.pan(dx, dy);
  }

  private pinch(before: Point, now: Point, other: Point): void {
    const apart = (p: Point) => Math.max(1, Math.hypot(p.x - other.x, p.y - other.y));
    const corner = this.frame.getBoundingClientRect();
    const at = { x: (now.x + other.x) / 2 - corner.x, y: (now.y + other.y) / 2 - corner.y };
    this.zoom(apart(now) / apart(before), at);
  }

  private wheel(event: WheelEvent): void {
    if (!this.wheelZooms(event)) return;
    event.preventDefault();
    const corner = this.frame.getBoundingClientRect();
    const lines = event.deltaMode === 1 ? 20 : 1;
    const turned = Math.max(-200, Math.min(200, event.deltaY * lines));
    this.zoom(Math.exp(-turned / 400), { x: event.clientX - corner.x, y: event.clientY - corner.y });
  }
}

function slack(low: number, high: number, size: number, margin: number): number {
  const room = size - 2 * margin;
  if (high - low > room) return size / 2 - (low + high) / 2;
  if (low < margin) return margin - low;
  if (high > size - margin) return size - margin - high;
  return 0;
}
