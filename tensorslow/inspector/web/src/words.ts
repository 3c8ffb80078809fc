/** How numbers, shapes and phases are written. */

import type { Cell, GraphNode, Output, Phase, Value } from "./document";

/** Of each phase its sign, so that no one needs colours to tell phases apart. */
export const PHASES: Record<Phase, { sign: string; title: string; explained: string }> = {
  start: { sign: "○", title: "Start", explained: "initial values of variables" },
  forward: { sign: "↓", title: "Forward", explained: "from what is fed to the result" },
  backward: { sign: "↑", title: "Backward", explained: "gradients, from the result back" },
  update: { sign: "⟳", title: "Update", explained: "changes of variables" },
};

/** A number with six digits, as short as it can be. */
export function short(number: Cell, digits = 6): string {
  if (typeof number === "string") return number;
  const size = Math.abs(number);
  if (Number.isInteger(number) && size < 1e9) return String(number);
  const text = number.toPrecision(digits);
  if (size >= 1e-4 && size < 1e7) return String(Number(text));
  return Number(text).toExponential().replace("e+", "e");
}

/** "[50, 2]"; "?" is a size, or a rank, that is not known. */
export function shapeText(shape: (number | null)[] | null): string {
  if (shape === null) return "?";
  return `[${shape.map((size) => size ?? "?").join(", ")}]`;
}

/** The shape that an output had in the run, else what is known of it before. */
export function outputShape(output: Output): string {
  return shapeText(output.shape ?? output.static_shape);
}

/** A value in a few characters: the number, else its shape. */
export function brief(value: Value): string {
  if (value.kind === "number") return short(value.preview as Cell, 4);
  return shapeText(value.shape);
}

const flaws = new WeakMap<GraphNode, string | null>();

/** Whether a node has made nan or infinity, and what is said of it. */
export function flaw(node: GraphNode): string | null {
  const known = flaws.get(node);
  if (known !== undefined) return known;
  const found = findFlaw(node);
  flaws.set(node, found);
  return found;
}

function findFlaw(node: GraphNode): string | null {
  let nan = 0;
  let inf = 0;
  for (const output of node.outputs) {
    nan += output.value?.nan ?? 0;
    inf += output.value?.inf ?? 0;
  }
  if (!nan && !inf) return null;
  return [nan && `${nan} nan`, inf && `${inf} inf`].filter(Boolean).join(", ");
}

/** A name without its scopes. */
export function lastPart(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1) || name;
}

/** "1 node", "2 nodes". */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}
