/** The way of a gradient between two nodes, or the place where it breaks. */

import type { GraphNode } from "./document";
import type { Graph } from "./graph";

export interface Break {
  node: number;
  input: number;
  why: string;
}

export interface GradientPath {
  /** From the result back: a shortest way, over as few breaks as there can be; [] if none. */
  nodes: number[];
  breaks: Break[];
  /** All nodes on any way that gradient takes. */
  all: Set<number>;
}

/** The gradient of `from` with respect to `to`. */
export function gradientPath(graph: Graph, from: number, to: number): GradientPath {
  const { nodes, breaks } = shortest(graph, from, to);
  const back = reach(from, (id) => flowing(graph.node(id)).map(([source]) => source), graph);
  const forth = new Map<number, number[]>();
  for (const id of back) {
    for (const [source] of flowing(graph.node(id))) {
      forth.set(source, [...(forth.get(source) ?? []), id]);
    }
  }
  const reached = reach(to, (id) => forth.get(id) ?? [], graph);
  const all = new Set([...back].filter((id) => reached.has(id)));
  return { nodes, breaks, all: breaks.length ? new Set(nodes) : all };
}

/** The inputs that gradient flows to: node and number of the input. */
function flowing(node: GraphNode): [number, number][] {
  return node.inputs.flatMap(([id], i): [number, number][] => (node.gradient[i] ? [] : [[id, i]]));
}

function reach(start: number, next: (id: number) => number[], graph: Graph): Set<number> {
  const seen = new Set([start]);
  for (const id of seen) {
    for (const other of next(id)) if (graph.byId.has(other)) seen.add(other);
  }
  return seen;
}

/** A search where a step over a break costs more than any number of others. */
function shortest(graph: Graph, from: number, to: number): Pick<GradientPath, "nodes" | "breaks"> {
  const cameFrom = new Map<number, { id: number; broken: Break | null } | null>([[from, null]]);
  let front = [from];
  let broken: { id: number; target: number; by: Break }[] = [];
  while (front.length || broken.length) {
    if (!front.length) {
      for (const { id, target, by } of broken.splice(0)) {
        if (cameFrom.has(target)) continue;
        cameFrom.set(target, { id, broken: by });
        front.push(target);
      }
    }
    const next: number[] = [];
    for (const id of front) {
      const node = graph.node(id);
      node.inputs.forEach(([source], input) => {
        if (cameFrom.has(source) || !graph.byId.has(source)) return;
        const why = node.gradient[input];
        if (why) {
          broken.push({ id, target: source, by: { node: id, input, why } });
        } else {
          cameFrom.set(source, { id, broken: null });
          next.push(source);
        }
      });
    }
    if (cameFrom.has(to)) break;
    front = next;
  }
  return traced(cameFrom, to);
}

function traced(
  cameFrom: Map<number, { id: number; broken: Break | null } | null>,
  to: number,
): Pick<GradientPath, "nodes" | "breaks"> {
  if (!cameFrom.has(to)) return { nodes: [], breaks: [] };
  const nodes = [to];
  const breaks: Break[] = [];
  for (let step = cameFrom.get(to); step; step = cameFrom.get(step.id)) {
    nodes.push(step.id);
    if (step.broken) breaks.push(step.broken);
  }
  return { nodes: nodes.reverse(), breaks: breaks.reverse() };
}
