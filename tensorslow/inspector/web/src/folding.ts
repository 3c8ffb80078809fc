/** What is to be seen of the graph while some groups are folded and some phases hidden. */

import type { Phase, Place } from "./document";
import type { Graph } from "./graph";
import type { Group, Groups } from "./groups";

/** A node, or a folded group. */
export interface Item {
  key: string;
  phase: Phase;
  node: number | null;
  group: Group | null;
  /** The unfolded group around it. */
  parent: Group;
}

/** All that goes from one item to another. */
export interface Link {
  key: string;
  from: Item;
  to: Item;
  /** What is read, and by which node; no output: it is waited for. */
  carried: { place: Place | null; source: number; target: number; input: number }[];
}

export interface View {
  items: Map<string, Item>;
  /** Unfolded groups, outer ones first. */
  unfolded: Group[];
  unfoldedByKey: Map<string, Group>;
  links: Link[];
  /** By node, the item that shows it; hidden nodes have none. */
  shows: Map<number, Item>;
}

export function viewOf(
  graph: Graph,
  groups: Groups,
  open: ReadonlySet<string>,
  hidden: ReadonlySet<Phase>,
): View {
  const view: View = {
    items: new Map(),
    unfolded: [],
    unfoldedByKey: new Map(),
    links: [],
    shows: new Map(),
  };
  for (const root of groups.roots) if (!hidden.has(root.phase)) unfold(root, groups, open, view);
  view.links = linksOf(graph, view.shows);
  return view;
}

function unfold(group: Group, groups: Groups, open: ReadonlySet<string>, view: View): void {
  view.unfolded.push(group);
  view.unfoldedByKey.set(group.key, group);
  for (const inner of group.groups) {
    if (open.has(inner.key)) unfold(inner, groups, open, view);
    else show(view, inner.key, group, null, inner, groups.inside(inner));
  }
  for (const id of group.nodes) show(view, `node ${id}`, group, id, null, [id]);
}

function show(
  view: View,
  key: string,
  parent: Group,
  node: number | null,
  group: Group | null,
  nodes: number[],
): void {
  const item: Item = { key, phase: parent.phase, node, group, parent };
  view.items.set(key, item);
  for (const id of nodes) view.shows.set(id, item);
}

function linksOf(graph: Graph, shows: Map<number, Item>): Link[] {
  const links = new Map<string, Link>();
  const add = (source: number, target: number, place: Place | null, input: number) => {
    const from = shows.get(source);
    const to = shows.get(target);
    if (!from || !to || from === to) return;
    const key = `${from.key} > ${to.key}`;
    const link = links.get(key) ?? { key, from, to, carried: [] };
    link.carried.push({ place, source, target, input });
    links.set(key, link);
  };
  for (const node of graph.document.nodes) {
    node.inputs.forEach((place, i) => add(place[0], node.id, place, i));
    for (const source of node.controls) add(source, node.id, null, -1);
  }
  return [...links.values()];
}
