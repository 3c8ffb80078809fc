/** The user's program: a node's line among its neighbours, and all lines that made nodes. */

import type { Actions } from "./actions";
import { painted } from "./code";
import type { Document, Line } from "./document";
import { h } from "./dom";
import type { Graph } from "./graph";
import type { State } from "./store";
import { counted } from "./words";

const AROUND = 3;

/** A line with those before and after it. */
export function lineInContext({ program }: Document, line: Line): HTMLElement {
  const where = h("p", { class: "where" }, `${line.file}, line ${line.number}`);
  const known = program?.file === line.file ? program.lines : null;
  const first = known ? Math.max(1, line.number - AROUND) : line.number;
  const texts = known ? known.slice(first - 1, line.number + AROUND) : [line.text];
  const lines = texts.map((text, i) => {
    const number = first + i;
    const here = number === line.number;
    const attributes = { class: here ? "line here" : "line", "aria-current": here || null };
    return h("span", attributes, h("span", { class: "at" }, String(number)), painted(text));
  });
  const label = `Line ${line.number} of ${line.file}`;
  return h(
    "div",
    {},
    where,
    h("pre", { class: "code lines", tabindex: 0, role: "region", "aria-label": label }, ...lines),
  );
}

/** The whole program; a line that made nodes is a button that selects them one after another. */
export class ProgramList {
  readonly element: HTMLElement;
  private readonly rows = new Map<number, HTMLElement>();
  private readonly made = new Map<number, number[]>();
  private selected: number | null = null;

  constructor(
    private readonly graph: Graph,
    private readonly actions: Actions,
  ) {
    const { program, nodes } = graph.document;
    for (const { id, line } of nodes) {
      if (!line || line.file !== program?.file) continue;
      this.made.set(line.number, [...(this.made.get(line.number) ?? []), id]);
    }
    const lines = (program?.lines ?? []).map((text, i) => this.row(text, i + 1));
    this.element = h("ol", { class: "program code" }, ...lines);
  }

  show({ selected }: State): void {
    this.selected = selected;
    const line = selected === null ? null : this.graph.node(selected).line;
    const here = line && line.file === this.graph.document.program?.file ? line.number : null;
    for (const [number, row] of this.rows) {
      row.classList.toggle("here", number === here);
      if (number === here) scrollTo(row);
    }
  }

  private row(text: string, number: number): HTMLElement {
    const ids = this.made.get(number);
    if (!ids) return h("li", {}, painted(text || " "));
    const next = () => {
      const last = this.selected === null ? -1 : ids.indexOf(this.selected);
      this.actions.select(ids[(last + 1) % ids.length] ?? null);
    };
    const label = `Line ${number}: ${text.trim()}, ${counted(ids.length, "node")}`;
    const button = h("button", { onclick: next, "aria-label": label }, painted(text));
    const row = h("li", { class: "maker" }, button);
    this.rows.set(number, row);
    return row;
  }
}

/** Scrolls only the list that holds an element, never the page; when all else has been drawn. */
export function scrollTo(element: HTMLElement): void {
  requestAnimationFrame(() => scrollNow(element));
}

function scrollNow(element: HTMLElement): void {
  const frame = element.closest<HTMLElement>(".tab-panel");
  if (!frame || frame.hidden) return;
  const [inner, outer] = [element.getBoundingClientRect(), frame.getBoundingClientRect()];
  if (inner.top < outer.top) frame.scrollTop -= outer.top - inner.top + 24;
  else if (inner.bottom > outer.bottom) frame.scrollTop += inner.bottom - outer.bottom + 24;
}
