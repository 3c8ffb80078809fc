/** Edges: what is marked on them, and how thick the gradient that flows along them makes them. */

import type { Graph } from "./graph";
import type { Curve } from "./layout";
import type { Marks } from "./marks";

export function edgeClass(curve: Curve, marks: Marks): string {
  const { link, across } = curve;
  const names = ["edge", link.to.phase];
  const focus = marks.focus;
  if (across) names.push("across");
  if (link.carried.every(({ place }) => place === null)) names.push("control");
  if (focus !== null && link.carried.some(({ target }) => target === focus)) names.push("active");
  else if (focus !== null && link.carried.some(({ source }) => source === focus)) {
    names.push("active", "leaving");
  }
  if (link.carried.some(({ source, target, input }) => marks.onWay(source, target, input))) {
    names.push("way");
  }
  if (marks.state.norms && edgeNorm(curve, marks.graph) !== null) names.push("gradient");
  return names.join(" ");
}

/** The largest norm of the gradients with respect to what an edge carries. */
export function edgeNorm({ link }: Curve, graph: Graph): number | null {
  if (link.from.phase !== "forward" || link.to.phase !== "forward") return null;
  let most: number | null = null;
  for (const { place, target, input } of link.carried) {
    if (!place || graph.node(target).gradient[input]) continue;
    const norm = Number(graph.gradientOf(place)?.norm ?? NaN);
    if (Number.isFinite(norm) && (most === null || norm > most)) most = norm;
  }
  return most;
}

/** Norms differ by orders of magnitude: widths go with their logarithms. */
export class NormScale {
  private readonly low: number;
  private readonly high: number;

  constructor(graph: Graph) {
    const norms = graph.document.gradients.map(({ norm }) => Number(norm));
    const logs = norms.filter((norm) => norm > 0 && norm < Infinity).map(Math.log);
    this.low = logs.reduce((a, b) => Math.min(a, b), Infinity);
    this.high = logs.reduce((a, b) => Math.max(a, b), -Infinity);
  }

  width(norm: number): number {
    if (norm <= 0) return 0.5;
    const range = this.high - this.low;
    return 1.5 + 6.5 * (range > 0 ? (Math.log(norm) - this.low) / range : 0.5);
  }
}
