/** How a node, a folded group and the frame of an unfolded one are drawn. */

import { s } from "./dom";
import type { Item } from "./folding";
import type { Box } from "./geometry";
import type { Graph } from "./graph";
import type { Group } from "./groups";
import { brief, counted, flaw, lastPart, outputShape, PHASES } from "./words";

const LONGEST = 24;
const HEIGHT = 38;

interface Texts {
  title: string;
  detail: string;
  /** For those who do not see the picture, and the tooltip. */
  label: string;
}

export function textsOf(item: Item, graph: Graph): Texts {
  if (item.group) return groupTexts(item.group);
  const node = graph.node(item.node as number);
  const title = lastPart(node.name);
  const first = node.outputs[0];
  const shape = first ? (first.value ? brief(first.value) : outputShape(first)) : "";
  const type = title === node.type ? "" : node.type;
  const wrong = flaw(node);
  return {
    title,
    detail: [wrong && `⚠ ${wrong}`, type, shape].filter(Boolean).join("  "),
    label: `${node.name}, ${node.type}, ${PHASES[node.phase].title}${wrong ? `, has ${wrong}` : ""}`,
  };
}

function groupTexts(group: Group): Texts {
  const size = counted(group.size, "node");
  const label = `${group.label}: ${size}, folded`;
  return { title: group.label, detail: `${size}  +`, label };
}

/** The room that an item needs, without asking the browser how wide its text is. */
export function sizeOf(item: Item, graph: Graph): { width: number; height: number } {
  const { title, detail } = textsOf(item, graph);
  const wide = (text: string, each: number) => Math.min(text.length, LONGEST) * each;
  const width = Math.max(56, 32 + wide(title, 7.9), 18 + wide(detail, 6.5));
  return { width: Math.ceil(width), height: HEIGHT };
}

export function drawItem(item: Item, box: Box, graph: Graph): SVGGElement {
  const { title, detail, label } = textsOf(item, graph);
  const { width, height } = box;
  const round = item.phase === "update" ? 2 : item.phase === "backward" ? 10 : 6;
  const sheet = (dx: number, name: string) =>
    s("rect", { x: dx, y: dx, width, height, rx: round, class: name });
  return s(
    "g",
    {
      transform: `translate(${box.x},${box.y})`,
      role: "button",
      "aria-label": label,
      "data-key": item.key,
    },
    s("title", {}, label),
    s("rect", { x: -5, y: -5, width: width + 10, height: height + 10, rx: 10, class: "halo" }),
    item.group && sheet(4, "sheet"),
    sheet(0, "sheet"),
    s("text", { x: 8, y: 15, class: "sign" }, PHASES[item.phase].sign),
    s("text", { x: 21, y: 15.5, class: "title" }, cut(title)),
    s("text", { x: 8, y: 30.5, class: "detail" }, cut(detail)),
  );
}

export function drawFrame(group: Group, box: Box): SVGGElement {
  const most = Math.max(3, Math.floor((box.width - 34) / 7));
  const text = group.label.length > most ? `${group.label.slice(0, most - 1)}…` : group.label;
  const label = `fold ${group.label}, ${counted(group.size, "node")}`;
  return s(
    "g",
    { transform: `translate(${box.x},${box.y})`, class: `frame ${group.phase}` },
    s("rect", { width: box.width, height: box.height, rx: 10, class: "area" }),
    s(
      "g",
      { role: "button", "aria-label": label, "data-fold": group.key, class: "heading" },
      s("title", {}, label),
      s("rect", { width: Math.min(box.width, text.length * 7 + 34), height: 20, rx: 10 }),
      s("text", { x: 10, y: 14 }, `−  ${text}`),
    ),
  );
}

/** Long texts are cut where little is lost: names differ at both ends. */
function cut(text: string): string {
  if (text.length <= LONGEST) return text;
  return `${text.slice(0, LONGEST - 8)}…${text.slice(-7)}`;
}
