/** Matrices as tables of coloured cells, and images as their pixels. */

import type { Cell, Preview, Value } from "./document";
import { h } from "./dom";
import { short } from "./words";

/** With more columns, cells are too narrow for their numbers: these are shown one at a time. */
const WRITTEN = 6;

/** A table: every shown number is in it, as text. */
export function heatmap(value: Value, label: string): HTMLElement {
  const rows = (value.preview ?? []) as Cell[][];
  const columns = rows[0]?.length ?? 0;
  const paint = scale(value);
  const dense = columns > WRITTEN;
  const readout = h("output", { class: "readout" }, dense ? "Point at a cell to read it." : "");
  const name = (i: number, j: number) => `[${value.rows?.[i] ?? i}, ${value.columns?.[j] ?? j}]`;
  const cell = (number: Cell, i: number, j: number) => {
    const { shade, ink } = paint(number);
    const text = short(number, 4);
    const attributes = { "data-value": number, title: `${name(i, j)} ${short(number)}` };
    const bad = typeof number === "string" && !number.endsWith(")");
    const element = h("td", { ...attributes, class: bad ? "bad" : null }, h("span", {}, text));
    if (!bad) element.style.backgroundColor = shade;
    element.style.color = ink;
    return element;
  };
  const body = rows.map((row, i) => h("tr", {}, ...row.map((number, j) => cell(number, i, j))));
  const table = h("table", { class: dense ? "heatmap dense" : "heatmap" });
  table.append(h("caption", { class: "unseen" }, label), h("tbody", {}, ...body));
  if (dense) {
    table.addEventListener("pointerover", (event) => {
      const title = (event.target as Element).closest("td")?.title;
      if (title) readout.textContent = title;
    });
  }
  const frame = { class: "scrolled", tabindex: 0, role: "group", "aria-label": label };
  return h("div", { class: "matrix" }, h("div", frame, table), dense && readout);
}

/** Pixels on a canvas; numbers above 1 are taken as 0 to 255. */
export function image(value: Value, label: string): HTMLElement {
  const rows = (value.preview ?? []) as Preview[][];
  const [height, width] = [rows.length, rows[0]?.length ?? 0];
  const canvas = h("canvas", { width, height, role: "img", "aria-label": label, class: "image" });
  const [low, high] = [Number(value.min ?? 0), Number(value.max ?? 1)];
  const from = Math.min(low, 0);
  const range = low >= 0 && high <= 1 ? 1 : low >= 0 && high <= 255 ? 255 : high - from;
  const level = (number: Preview | undefined) => ((Number(number) - from) / (range || 1)) * 255;
  const data = new ImageData(Math.max(1, width), Math.max(1, height));
  rows.flat().forEach((pixel, i) => {
    const [red, green, blue, alpha] = Array.isArray(pixel) ? pixel : [pixel, pixel, pixel];
    const opaque = alpha === undefined ? 255 : level(alpha);
    data.data.set([level(red), level(green), level(blue), opaque], 4 * i);
  });
  canvas.getContext("2d")?.putImageData(data, 0, 0);
  return canvas;
}

/** Blue below zero, orange above, the deeper the larger; the text on it black or white,
 * whichever contrasts more: at this luminance both reach 4.58. */
function scale(value: Value): (number: Cell) => { shade: string; ink: string } {
  const most = Math.max(Math.abs(Number(value.min ?? 0)), Math.abs(Number(value.max ?? 0))) || 1;
  return (number) => {
    const depth = Math.max(-1, Math.min(1, Number(number) / most)) || 0;
    const end = depth < 0 ? [0, 82, 148] : [168, 62, 0];
    const share = Math.abs(depth) ** 0.8;
    const mixed = end.map((channel) => Math.round(250 + (channel - 250) * share));
    return { shade: `rgb(${mixed.join(" ")})`, ink: luminance(mixed) > 0.179 ? "#000" : "#fff" };
  };
}

function luminance(channels: number[]): number {
  const linear = channels.map((channel) => {
    const part = channel / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  const [red = 0, green = 0, blue = 0] = linear;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
