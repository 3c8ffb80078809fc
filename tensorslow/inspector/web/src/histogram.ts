/** How often values fall between two edges, as bars. */

import type { Histogram } from "./document";
import { h, s } from "./dom";
import { short } from "./words";

const WIDTH = 320;
const HEIGHT = 64;

export function histogramOf({ edges, counts }: Histogram): HTMLElement {
  const most = Math.max(1, ...counts);
  const each = WIDTH / counts.length;
  const bars = counts.map((count, i) => {
    const height = count ? Math.max(1.5, (count / most) * HEIGHT) : 0;
    const range = `${short(edges[i] ?? 0, 4)} … ${short(edges[i + 1] ?? 0, 4)}: ${count}`;
    const place = { x: i * each + 0.5, y: HEIGHT - height, width: each - 1, height };
    return s("rect", place, s("title", {}, range));
  });
  const [low, high] = [short(edges[0] ?? 0, 4), short(edges.at(-1) ?? 0, 4)];
  const top = counts.indexOf(most);
  const label =
    `Histogram of ${counts.reduce((a, b) => a + b, 0)} values from ${low} to ${high}; ` +
    `most, ${most}, between ${short(edges[top] ?? 0, 4)} and ${short(edges[top + 1] ?? 0, 4)}`;
  const box = `0 0 ${WIDTH} ${HEIGHT}`;
  const svg = s("svg", { viewBox: box, role: "img", "aria-label": label }, ...bars);
  const axis = h("div", { class: "axis", "aria-hidden": "true" }, h("span", {}, low), h("span", {}, high));
  return h("div", { class: "histogram" }, svg, axis);
}
