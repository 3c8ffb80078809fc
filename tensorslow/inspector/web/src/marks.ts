/** What is to be marked: the selected node, its inputs, the step, the way of a gradient. */

import type { Graph } from "./graph";
import { gradientPath, type GradientPath } from "./path";
import type { State } from "./store";
import { flaw } from "./words";

let known: { graph: Graph; from: number; to: number; path: GradientPath } | null = null;

/** The path between the chosen ends; computed once for all who show it. */
export function chosenPath(graph: Graph, { from, to }: State): GradientPath | null {
  if (from === null || to === null) return null;
  if (known?.graph !== graph || known.from !== from || known.to !== to) {
    known = { graph, from, to, path: gradientPath(graph, from, to) };
  }
  return known.path;
}

export class Marks {
  readonly focus: number | null;
  private readonly inputs: ReadonlySet<number>;
  private readonly way: ReadonlySet<number>;
  private readonly breaks: ReadonlySet<number>;
  readonly path: GradientPath | null;

  constructor(
    readonly graph: Graph,
    readonly state: State,
  ) {
    this.focus = state.selected;
    const node = this.focus === null ? null : graph.node(this.focus);
    this.inputs = new Set(node?.inputs.map(([id]) => id) ?? []);
    this.path = chosenPath(graph, state);
    this.way = this.path?.all ?? new Set();
    this.breaks = new Set(this.path?.breaks.map((broken) => broken.node));
  }

  /** Class names of an item that shows these nodes. */
  of(nodes: number[]): string {
    const any = (set: ReadonlySet<number>) => set.size > 0 && nodes.some((id) => set.has(id));
    const { selected, step, from, to } = this.state;
    const names: string[] = [];
    if (selected !== null && nodes.includes(selected)) names.push("selected");
    if (any(this.inputs)) names.push("input");
    if (step !== null && nodes.every((id) => this.pending(id, step))) names.push("pending");
    if (any(this.way)) names.push("way");
    if (any(this.breaks)) names.push("broken");
    if ([from, to].some((id) => id !== null && nodes.includes(id))) names.push("end");
    if (nodes.some((id) => flaw(this.graph.node(id)))) names.push("bad");
    if (nodes.includes(this.graph.document.culprit?.node ?? -1)) names.push("culprit");
    return names.join(" ");
  }

  /** Whether gradient goes, on the shown way, from the reader of an input to its source. */
  onWay(source: number, target: number, input: number): boolean {
    if (!this.path || !this.way.has(source) || !this.way.has(target)) return false;
    return !this.graph.node(target).gradient[input] || this.breaks.has(target);
  }

  private pending(id: number, step: number): boolean {
    const at = this.graph.node(id).step;
    return at === null || at > step;
  }
}
