/** Where everything is: of each phase a lane, in which each group is laid out on its own. */

import { inLayers, inRows, type Arrangement } from "./arrangement";
import type { Phase } from "./document";
import type { Item, Link, View } from "./folding";
import { around, middle, rounded, sideways, swung, upright, type Box, type Point } from "./geometry";
import type { Group } from "./groups";
import { routeOf, stepsOf } from "./routes";

/** More things than this in a lane, and they are put into rows, which is quicker and plainer. */
const MOST = 300;
/** A group wider than this, with nearly all in one layer, is put into rows, too. */
const FLAT = 2500;
const GAP = 72;
const HEADING = 22;

export interface Curve {
  link: Link;
  path: string;
  /** Where a label goes. */
  middle: Point;
  /** It goes from one lane to another. */
  across: boolean;
}

export interface Layout {
  lanes: { phase: Phase; box: Box }[];
  boxes: Map<string, Box>;
  /** Of unfolded groups. */
  frames: Map<string, Box>;
  curves: Curve[];
  box: Box;
}

export type Size = (item: Item) => { width: number; height: number };

/** A group that is laid out: its size, and where its members are, from its corner. */
export interface Block {
  group: Group;
  width: number;
  height: number;
  arrangement: Arrangement;
  /** Where it is, once that is known. */
  corner: Point;
}

export function layoutOf(view: View, size: Size): Layout {
  const blocks = blocksOf(view, size);
  const lanes = lanesOf(view, blocks);
  const boxes = new Map<string, Box>();
  const frames = new Map<string, Box>();
  // Outer groups come first, so that the corner of each is known before those inside it.
  for (const group of view.unfolded) {
    const block = blocks.get(group) as Block;
    frames.set(group.key, { ...block.corner, width: block.width, height: block.height });
    for (const [key, box] of block.arrangement.boxes) {
      const { x, y } = block.corner;
      const moved = { ...box, x: box.x + x, y: box.y + y };
      const inner = view.unfoldedByKey.get(key);
      if (inner) (blocks.get(inner) as Block).corner = moved;
      else boxes.set(key, moved);
    }
  }
  const curves = view.links.map((link) => curveOf(link, boxes, blocks));
  curves.sort((a, b) => Number(b.across) - Number(a.across));
  return { lanes, boxes, frames, curves, box: around(lanes.map(({ box }) => box)) };
}

function blocksOf(view: View, size: Size): Map<Group, Block> {
  const members = new Map<Group, (Item | Group)[]>(view.unfolded.map((group) => [group, []]));
  const counts = new Map<Phase, number>();
  for (const item of view.items.values()) {
    members.get(item.parent)?.push(item);
    counts.set(item.phase, (counts.get(item.phase) ?? 0) + 1);
  }
  for (const group of view.unfolded) if (group.parent) members.get(group.parent)?.push(group);
  const pairs = new Map<Group, Map<string, [string, string]>>();
  for (const link of view.links) {
    for (const { group, from, to } of stepsOf(link)) {
      const known = pairs.get(group) ?? new Map<string, [string, string]>();
      known.set(`${from} > ${to}`, [from, to]);
      pairs.set(group, known);
    }
  }
  const blocks = new Map<Group, Block>();
  for (const group of [...view.unfolded].reverse()) {
    const held = (members.get(group) ?? []).sort((a, b) => firstOf(a) - firstOf(b));
    const arrange = (counts.get(group.phase) ?? 0) > MOST ? inRows : inLayers;
    const task = {
      members: held.map((member) => {
        const { width, height } = "label" in member ? (blocks.get(member) as Block) : size(member);
        return { key: member.key, width, height };
      }),
      pairs: [...(pairs.get(group)?.values() ?? [])],
      up: group.phase === "backward",
    };
    const arrangement = arrange(task);
    const { width, height } = around(arrangement.boxes.values());
    const flat = width > FLAT && width > 5 * height;
    blocks.set(group, framed(group, flat ? inRows(task) : arrangement));
  }
  return blocks;
}

function firstOf(member: Item | Group): number {
  if ("label" in member) return member.first;
  return member.node ?? member.group?.first ?? 0;
}

/** Room for the frame and its heading around an arrangement. */
function framed(group: Group, arrangement: Arrangement): Block {
  const routes = [...arrangement.routes.values()].flat();
  const points = routes.map((point) => ({ ...point, width: 0, height: 0 }));
  const all = around([...arrangement.boxes.values(), ...points], 10);
  const least = Math.min(160, group.label.length * 7 + 40);
  const width = Math.max(all.width, group.parent ? least : 0);
  const [dx, dy] = [(width - all.width) / 2 - all.x, (group.parent ? HEADING - 8 : 0) - all.y];
  const move = <T extends Point>(point: T): T => ({ ...point, x: point.x + dx, y: point.y + dy });
  const boxes = new Map([...arrangement.boxes].map(([key, box]) => [key, move(box)]));
  const moved = new Map([...arrangement.routes].map(([key, route]) => [key, route.map(move)]));
  const height = all.height + (group.parent ? HEADING - 8 : 0);
  return { group, width, height, arrangement: { boxes, routes: moved }, corner: { x: 0, y: 0 } };
}

/** Lanes from left to right. */
function lanesOf(view: View, blocks: Map<Group, Block>): Layout["lanes"] {
  let x = 0;
  const roots = view.unfolded.filter((group) => !group.parent);
  return roots.map((root) => {
    const block = blocks.get(root) as Block;
    block.corner = { x, y: 0 };
    x += block.width + GAP;
    const { width, height, corner } = block;
    return { phase: root.phase, box: { ...corner, width, height } };
  });
}

function curveOf(link: Link, boxes: Map<string, Box>, blocks: Map<Group, Block>): Curve {
  const [from, to] = [boxes.get(link.from.key) as Box, boxes.get(link.to.key) as Box];
  const across = link.from.phase !== link.to.phase;
  const route = across ? null : routeOf(link, blocks);
  if (route) {
    const half = route[Math.floor(route.length / 2)] ?? middle(from);
    return { link, path: rounded(route), middle: half, across };
  }
  const ends = across ? sideways(from, to) : upright(from, to);
  const [a, b] = ends as [Point, Point];
  const half = { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
  return { link, path: swung(ends, across ? "x" : "y"), middle: half, across };
}
