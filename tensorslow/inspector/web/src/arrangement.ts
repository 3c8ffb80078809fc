/** Where the members of one group are: in layers, each below what it reads, found by dagre. */

import { Graph as Dagre, layout } from "@dagrejs/dagre";
import type { Box, Point } from "./geometry";

/** Stand for all that comes into a group from outside, and all that leaves it. */
export const IN = "in";
export const OUT = "out";

export interface Member {
  key: string;
  width: number;
  height: number;
}

/** Members, and who reads whom; an end may also be IN or OUT. */
export interface Task {
  members: Member[];
  pairs: [from: string, to: string][];
  /** From below to above. */
  up: boolean;
}

export interface Arrangement {
  boxes: Map<string, Box>;
  /** By `routeKey`, the points of an edge. */
  routes: Map<string, Point[]>;
}

export function routeKey(from: string, to: string): string {
  return `${from} > ${to}`;
}

export function inLayers({ members, pairs, up }: Task): Arrangement {
  const dagre = new Dagre();
  const rankdir = up ? "BT" : "TB";
  dagre.setGraph({ rankdir, nodesep: 18, edgesep: 12, ranksep: 26, marginx: 12, marginy: 6 });
  const ports = [IN, OUT].filter((port) => pairs.some((pair) => pair.includes(port)));
  for (const { key, width, height } of members) dagre.setNode(key, { width, height });
  for (const key of ports) dagre.setNode(key, { width: 2, height: 2 });
  for (const [from, to] of pairs) dagre.setEdge(from, to, { weight: 2 });
  holdPorts(dagre, members, ports);
  layout(dagre);
  const keys = [...members.map(({ key }) => key), ...ports];
  const boxes = new Map(keys.map((key) => [key, cornered(dagre.node(key))]));
  const routes = new Map(
    pairs.map(([from, to]) => [routeKey(from, to), dagre.edge(from, to).points ?? []]),
  );
  return { boxes, routes };
}

/** Ports are outermost: edges that pull nothing sideways put them before and after all others. */
function holdPorts(dagre: Dagre, members: Member[], ports: string[]): void {
  const [first, last] = [dagre.sources(), dagre.sinks()];
  for (const { key } of members) {
    if (ports.includes(IN) && first?.includes(key)) dagre.setEdge(IN, key, { weight: 0 });
    if (ports.includes(OUT) && last?.includes(key)) dagre.setEdge(key, OUT, { weight: 0 });
  }
}

/** dagre gives the middles of boxes. */
function cornered(node: { x?: number; y?: number; width?: number; height?: number }): Box {
  const { x = 0, y = 0, width = 0, height = 0 } = node;
  return { x: x - width / 2, y: y - height / 2, width, height };
}

const ROW = 30;
const GAP = 18;
const WIDEST = 1200;

/** The same for very many members, in linear time: rows, and no routes. */
export function inRows({ members, pairs, up }: Task): Arrangement {
  const order = new Map(members.map(({ key }, i) => [key, i]));
  const reads = members.map((): number[] => []);
  for (const [from, to] of pairs) {
    const [a, b] = [order.get(from), order.get(to)];
    // Members come in the order in which they were made; a pair against it closes a circle.
    if (a !== undefined && b !== undefined && a < b) reads[b]?.push(a);
  }
  const depths: number[] = [];
  const layers: Member[][] = [];
  members.forEach((member, i) => {
    const depth = Math.max(0, ...(reads[i] ?? []).map((source) => (depths[source] ?? 0) + 1));
    depths.push(depth);
    (layers[depth] ??= []).push(member);
  });
  const narrow = layers.flatMap(wrapped);
  return { boxes: rows(up ? narrow.reverse() : narrow), routes: new Map() };
}

/** A very wide layer as several rows. */
function wrapped(layer: Member[]): Member[][] {
  const parts: Member[][] = [[]];
  let width = 0;
  for (const member of layer) {
    width += member.width + GAP;
    if (width > WIDEST && parts.at(-1)?.length) {
      parts.push([]);
      width = member.width + GAP;
    }
    parts.at(-1)?.push(member);
  }
  return parts;
}

function rows(layers: Member[][]): Map<string, Box> {
  const boxes = new Map<string, Box>();
  const widths = layers.map((row) => row.reduce((sum, { width }) => sum + width + GAP, -GAP));
  const widest = Math.max(0, ...widths);
  let y = 6;
  layers.forEach((row, i) => {
    let x = 12 + (widest - (widths[i] ?? 0)) / 2;
    for (const { key, width, height } of row) {
      boxes.set(key, { x, y, width, height });
      x += width + GAP;
    }
    y += Math.max(...row.map(({ height }) => height)) + ROW;
  });
  return boxes;
}
