/** Groups that fold: of each phase its scopes, and runs of nodes where a scope has too many. */

import type { GraphNode, Phase } from "./document";
import type { Graph } from "./graph";
import { lastPart } from "./words";

/** A group with more members than this is divided. */
const MOST = 60;
/** So few loose nodes stay loose when the groups beside them are divided. */
const FEW = 8;

export interface Group {
  key: string;
  label: string;
  phase: Phase;
  parent: Group | null;
  groups: Group[];
  nodes: number[];
  /** Nodes inside, at any depth. */
  size: number;
  /** The lowest number of a node inside. */
  first: number;
}

export class Groups {
  readonly roots: Group[] = [];
  readonly byKey = new Map<string, Group>();
  private readonly ofNode = new Map<number, Group>();

  constructor(graph: Graph) {
    const order: Phase[] = ["start", "forward", "backward", "update"];
    for (const phase of order) {
      const nodes = graph.document.nodes.filter((node) => node.phase === phase);
      if (nodes.length) this.roots.push(this.build(phase, nodes, graph));
    }
    for (const root of this.roots) this.register(root);
  }

  /** The groups around a node, outermost first. */
  around(id: number): Group[] {
    const found: Group[] = [];
    for (let group = this.ofNode.get(id) ?? null; group; group = group.parent) found.push(group);
    return found.reverse();
  }

  /** All nodes inside a group. */
  inside(group: Group): number[] {
    return [...group.nodes, ...group.groups.flatMap((inner) => this.inside(inner))];
  }

  /** What to unfold at first: from outside, all groups beside each other or none, up to so many. */
  opening(most: number): Set<string> {
    const open = new Set(this.roots.map((root) => root.key));
    let shown = this.roots.reduce((sum, root) => sum + members(root), 0);
    const waiting = this.roots.map((root) => root.groups);
    for (let beside = waiting.shift(); beside; beside = waiting.shift()) {
      const more = beside.reduce((sum, group) => sum + members(group) - 1, 0);
      if (shown + more > most) continue;
      shown += more;
      for (const group of beside) {
        open.add(group.key);
        waiting.push(group.groups);
      }
    }
    return open;
  }

  private build(phase: Phase, nodes: GraphNode[], graph: Graph): Group {
    const root = empty(phase, phase, phase, null);
    const scopes = new Map([["", root]]);
    for (const node of nodes) scopeGroup(node.scope, root, scopes).nodes.push(node.id);
    simplify(root);
    const only = root.groups[0];
    if (only && root.groups.length === 1 && !root.nodes.length) {
      root.nodes = only.nodes;
      root.groups = only.groups;
      for (const inner of root.groups) inner.parent = root;
    }
    divide(root, graph);
    return root;
  }

  private register(group: Group): number {
    this.byKey.set(group.key, group);
    for (const id of group.nodes) this.ofNode.set(id, group);
    group.size = group.nodes.length;
    for (const inner of group.groups) group.size += this.register(inner);
    return group.size;
  }
}

function empty(key: string, label: string, phase: Phase, parent: Group | null): Group {
  return { key, label, phase, parent, groups: [], nodes: [], size: 0, first: Infinity };
}

function members(group: Group): number {
  return group.groups.length + group.nodes.length;
}

/** The group of a scope, which is made, with those around it, when it is first asked for. */
function scopeGroup(scope: string, root: Group, scopes: Map<string, Group>): Group {
  const known = scopes.get(scope);
  if (known) return known;
  const end = scope.lastIndexOf("/");
  const parent = scopeGroup(end < 0 ? "" : scope.slice(0, end), root, scopes);
  const group = empty(`${root.key}/${scope}`, scope.slice(end + 1), root.phase, parent);
  parent.groups.push(group);
  scopes.set(scope, group);
  return group;
}

/** A group of a single thing tells nothing: the thing takes its place. */
function simplify(group: Group): void {
  group.groups = group.groups.flatMap((inner) => {
    simplify(inner);
    const only = inner.groups[0];
    if (only && inner.groups.length === 1 && !inner.nodes.length) {
      only.label = `${inner.label}/${only.label}`;
      only.parent = group;
      return [only];
    }
    if (inner.groups.length || inner.nodes.length !== 1) return [inner];
    group.nodes.push(...inner.nodes);
    return [];
  });
}

/** Divides groups with very many members into runs of about the same length, as they were made. */
function divide(group: Group, graph: Graph): void {
  for (const inner of group.groups) divide(inner, graph);
  group.first = Math.min(...group.nodes, ...group.groups.map((inner) => inner.first));
  if (members(group) <= MOST) return;
  const length = Math.max(20, Math.ceil(Math.sqrt(members(group))));
  const loose = group.nodes.length <= FEW ? group.nodes : [];
  const nodes = loose.length ? [] : group.nodes.map((id) => ({ node: id, group: null, first: id }));
  const inner = group.groups.map((each) => ({ node: null, group: each, first: each.first }));
  const all = [...nodes, ...inner].sort((a, b) => a.first - b.first);
  group.nodes = loose;
  group.groups = [...runs(all, length)].map((part, i) => {
    const names = part.map((each) => each.group?.label ?? lastPart(graph.node(each.first).name));
    const added = empty(`${group.key}/#${i}`, partLabel(names), group.phase, group);
    added.groups = part.flatMap((each) => each.group ?? []);
    added.nodes = part.flatMap((each) => each.node ?? []);
    added.first = part[0]?.first ?? Infinity;
    for (const each of added.groups) each.parent = added;
    return added;
  });
}

function partLabel(names: string[]): string {
  return names.length > 1 ? `${names[0]} … ${names.at(-1)}` : `${names[0]}`;
}

function* runs<T>(things: T[], length: number): Generator<T[]> {
  for (let at = 0; at < things.length; at += length) yield things.slice(at, at + length);
}
