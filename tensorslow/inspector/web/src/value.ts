/** A value: a number, a list, a matrix, an image or text, and what is typical of it. */

import type { Cell, Output, Value } from "./document";
import { h } from "./dom";
import { heatmap, image } from "./heatmap";
import { histogramOf } from "./histogram";
import { short, shapeText } from "./words";

/** Values with no more elements than this are shown without being asked for. */
const SMALL = 12;

/** An output of a node: its type, its shape before and in the run, and its value. */
export function outputView(output: Output, name: string): HTMLElement {
  const known = shapeText(output.static_shape);
  const shape = output.shape ? shapeText(output.shape) : known;
  const before = output.shape && known !== shape ? ` (before the run: ${known})` : "";
  const facts = h(
    "p",
    { class: "facts" },
    h("span", { class: "dtype" }, output.dtype),
    " ",
    h("span", { class: "shape" }, shape),
    before,
  );
  const value = output.value ? valueView(output.value, name) : h("p", { class: "none" }, "Not computed.");
  return h("div", { class: "output", "data-output": name }, facts, value);
}

/** A value in one line, which unfolds to all that is known of it; small ones are unfolded. */
export function foldedValue(value: Value, name: string): HTMLElement {
  if (value.kind === "number") return h("span", { class: "brief" }, data(value.preview as Cell));
  const size = value.shape.reduce((a, b) => a * b, 1);
  const details = h("details", {}, h("summary", {}, rangeOf(value)));
  const fill = () => {
    if (details.open && details.childElementCount === 1) details.append(valueView(value, name));
  };
  details.addEventListener("toggle", fill);
  details.open = size <= SMALL;
  fill();
  return details;
}

/** "[50, 2], 0 … 1". */
function rangeOf({ shape, min, max }: Value): string {
  if (min === null || max === null) return shapeText(shape);
  return `${shapeText(shape)}, ${short(min, 3)} … ${short(max, 3)}`;
}

export function valueView(value: Value, name: string): HTMLElement {
  return h(
    "div",
    { class: "value", "data-kind": value.kind },
    contents(value, `Value of ${name}`),
    value.sampled && h("p", { class: "sampled" }, `Shown: ${value.sampled}`),
    wrong(value),
    statistics(value),
    value.histogram && histogramOf(value.histogram),
  );
}

function contents(value: Value, label: string): HTMLElement {
  if (value.preview === null) return h("p", { class: "none" }, "No elements.");
  switch (value.kind) {
    case "number":
      return h("p", { class: "number" }, data(value.preview as Cell, 9));
    case "list":
      return list(value, label);
    case "heatmap":
      return heatmap(value, label);
    case "image":
      return image(value, label);
    case "text":
      return list(value, label);
  }
}

/** A number as text, with all its digits for whoever asks. */
function data(number: Cell, digits = 6): HTMLElement {
  const bad = number === "nan" || number === "inf" || number === "-inf";
  return h("data", { value: number, class: bad ? "bad" : null }, short(number, digits));
}

function list(value: Value, label: string): HTMLElement {
  const numbers = (Array.isArray(value.preview) ? value.preview : [value.preview]) as Cell[];
  const entries = numbers.map((number, i) => h("li", { title: `[${value.rows?.[i] ?? i}]` }, data(number)));
  const attributes = { class: "numbers", tabindex: 0, "aria-label": label };
  return h("ol", { ...attributes, "data-text": value.kind === "text" }, ...entries);
}

function wrong(value: Value): HTMLElement | null {
  const parts = [value.nan && `${value.nan} nan`, value.inf && `${value.inf} infinite`].filter(Boolean);
  if (!parts.length) return null;
  const all = value.shape.reduce((a, b) => a * b, 1);
  return h("p", { class: "wrong" }, `⚠ ${parts.join(" and ")} of ${all.toLocaleString("en")} elements`);
}

function statistics(value: Value): HTMLElement | null {
  if (value.kind === "number" || value.kind === "text" || value.min === null) return null;
  const entries = (["min", "max", "mean", "std", "norm"] as const).flatMap((name) => {
    const number = value[name];
    if (number === null) return [];
    return [h("div", {}, h("dt", {}, name), h("dd", {}, data(number, 4)))];
  });
  return h("dl", { class: "statistics" }, ...entries);
}
