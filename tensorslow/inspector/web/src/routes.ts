/** The way of an edge through groups: out of those around its source, into those around its end. */

import { IN, OUT, routeKey } from "./arrangement";
import type { Item, Link } from "./folding";
import type { Point } from "./geometry";
import type { Group } from "./groups";
import type { Block } from "./layout";

/** A part of the way, inside one group: between two members, or to or from its border. */
export interface Step {
  group: Group;
  from: string;
  to: string;
}

/** The parts of a way, from the source on. None if it goes from one lane to another. */
export function stepsOf({ from, to }: Link): Step[] {
  if (from.phase !== to.phase) return [];
  const [left, right] = [chain(from), chain(to)];
  let common = 0;
  while (left[common + 1]?.group === right[common + 1]?.group && left[common + 1]) common += 1;
  const at = { from: left[common], to: right[common] };
  if (!at.from || !at.to) return [];
  const leaving = left.slice(common + 1).reverse();
  const entering = right.slice(common + 1);
  return [
    ...leaving.map(({ group, member }) => ({ group, from: member, to: OUT })),
    { group: at.from.group, from: at.from.member, to: at.to.member },
    ...entering.map(({ group, member }) => ({ group, from: IN, to: member })),
  ];
}

/** The groups around an item, outermost first, each with the member of it that holds the item. */
function chain(item: Item): { group: Group; member: string }[] {
  const found = [];
  let member = item.key;
  for (let group: Group | null = item.parent; group; group = group.parent) {
    found.push({ group, member });
    member = group.key;
  }
  return found.reverse();
}

/** All points of a way; null where groups were laid out without routes. */
export function routeOf(link: Link, blocks: Map<Group, Block>): Point[] | null {
  const points: Point[] = [];
  for (const { group, from, to } of stepsOf(link)) {
    const block = blocks.get(group) as Block;
    const route = block.arrangement.routes.get(routeKey(from, to));
    if (!route?.length) return null;
    points.push(...route.map(({ x, y }) => ({ x: x + block.corner.x, y: y + block.corner.y })));
  }
  return points;
}
