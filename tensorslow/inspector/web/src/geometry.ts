/** Boxes, and the curves between them. */

export interface Point {
  x: number;
  y: number;
}

/** Top left corner and size. */
export interface Box extends Point {
  width: number;
  height: number;
}

/** The smallest box around others. */
export function around(boxes: Iterable<Box>, margin = 0): Box {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const box of boxes) {
    left = Math.min(left, box.x);
    top = Math.min(top, box.y);
    right = Math.max(right, box.x + box.width);
    bottom = Math.max(bottom, box.y + box.height);
  }
  if (left > right) return { x: 0, y: 0, width: 0, height: 0 };
  const [width, height] = [right - left + 2 * margin, bottom - top + 2 * margin];
  return { x: left - margin, y: top - margin, width, height };
}

export function middle(box: Box): Point {
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

/** A line through points, its corners rounded: quadratic curves between the middles of its parts. */
export function rounded(points: Point[]): string {
  const [first, ...rest] = points;
  if (!first || !rest.length) return "";
  let path = `M${at(first)}`;
  rest.forEach((point, i) => {
    const next = rest[i + 1];
    if (!next) path += `L${at(point)}`;
    else path += `Q${at(point)} ${at({ x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 })}`;
  });
  return path;
}

/** A curve from a box to one beside it, which leaves and arrives sideways. */
export function sideways(from: Box, to: Box): Point[] {
  const [a, b] = [middle(from), middle(to)];
  const sign = b.x >= a.x ? 1 : -1;
  const start = { x: a.x + (sign * from.width) / 2, y: a.y };
  const end = { x: b.x - (sign * to.width) / 2, y: b.y };
  return [start, end];
}

/** A curve from one end of a box to the facing end of another above or below it. */
export function upright(from: Box, to: Box): Point[] {
  const [a, b] = [middle(from), middle(to)];
  const sign = b.y >= a.y ? 1 : -1;
  return [
    { x: a.x, y: a.y + (sign * from.height) / 2 },
    { x: b.x, y: b.y - (sign * to.height) / 2 },
  ];
}

/** An S from point to point that begins and ends along one axis. */
export function swung([a, b]: Point[], along: "x" | "y"): string {
  if (!a || !b) return "";
  const bend = Math.max(24, Math.abs(b[along] - a[along]) / 2) * (b[along] >= a[along] ? 1 : -1);
  const first = along === "x" ? { x: a.x + bend, y: a.y } : { x: a.x, y: a.y + bend };
  const second = along === "x" ? { x: b.x - bend, y: b.y } : { x: b.x, y: b.y - bend };
  return `M${at(a)}C${at(first)} ${at(second)} ${at(b)}`;
}

function at({ x, y }: Point): string {
  return `${Math.round(x * 10) / 10},${Math.round(y * 10) / 10}`;
}
