/** The gradients: their norms in a table, and the way of one between two nodes. */

import type { Actions } from "./actions";
import type { Cell, Gradient } from "./document";
import { breakable, h, refill, unique } from "./dom";
import type { Graph } from "./graph";
import { chosenPath } from "./marks";
import type { GradientPath } from "./path";
import { NormScale } from "./edges";
import type { State } from "./store";
import { short } from "./words";

export class Gradients {
  readonly element: HTMLElement;
  private readonly way = h("div", { class: "way-panel", "aria-live": "polite" });
  private readonly from: HTMLSelectElement;
  private readonly to: HTMLSelectElement;
  private readonly body = h("tbody");
  private readonly norms: NormScale;
  private largestFirst = true;

  constructor(
    private readonly graph: Graph,
    private readonly actions: Actions,
  ) {
    this.norms = new NormScale(graph);
    this.from = this.choice("The gradient of", (from) => actions.setEnds({ from }));
    this.to = this.choice("With respect to", (to) => actions.setEnds({ to }));
    const clear = () => actions.setEnds({ from: null, to: null });
    this.element = h(
      "div",
      { class: "gradients-panel" },
      h("h3", {}, "The way of a gradient"),
      h("p", { class: "hint" }, "Choose two nodes here, or with Shift and two clicks in the picture."),
      h("p", { class: "choice" }, "The gradient of ", this.from),
      h("p", { class: "choice" }, "with respect to ", this.to),
      h("button", { onclick: clear }, "Clear"),
      this.way,
      h("h3", {}, "Norms"),
      this.table(),
    );
  }

  show(state: State, before: State | null): void {
    this.from.value = String(state.from ?? "");
    this.to.value = String(state.to ?? "");
    if (before && before.from === state.from && before.to === state.to) return;
    const path = chosenPath(this.graph, state);
    refill(this.way, path && this.described(path, state));
  }

  private described(path: GradientPath, { from, to }: State): HTMLElement {
    const [y, x] = [from, to].map((id) => this.graph.node(id as number).name);
    if (!path.nodes.length) {
      return h("p", { class: "verdict broken" }, `⊘ ${y} does not depend on ${x}: no path leads there.`);
    }
    const broken = new Map(path.breaks.map((found) => [found.node, found.why]));
    const first = path.breaks[0];
    const verdict = first
      ? `⊘ The gradient of ${y} does not reach ${x}. It stops at ${this.graph.node(first.node).name}: ${first.why}`
      : `✓ The gradient of ${y} reaches ${x} in ${path.nodes.length - 1} steps.`;
    const rows = path.nodes.map((id) => {
      const norm = this.graph.gradientOf([id, 0])?.norm ?? null;
      return h(
        "li",
        { class: broken.has(id) ? "broken" : null },
        h("button", { class: "place", onclick: () => this.actions.select(id) }, breakable(this.graph.node(id).name)),
        " ",
        norm !== null && h("span", { class: "brief" }, short(norm, 3)),
        broken.has(id) && h("p", { class: "blocked" }, `⊘ ${broken.get(id)}`),
      );
    });
    return h(
      "div",
      {},
      h("p", { class: first ? "verdict broken" : "verdict" }, verdict),
      h("ol", { class: "way-list" }, ...rows),
    );
  }

  private choice(label: string, chosen: (id: number | null) => void): HTMLSelectElement {
    const forward = this.graph.document.nodes.filter((node) => node.phase === "forward");
    const others = this.graph.document.nodes.filter((node) => node.phase !== "forward");
    const options = [...forward, ...others].map(({ id, name }) => h("option", { value: id }, name));
    const select: HTMLSelectElement = h(
      "select",
      {
        "aria-label": label,
        onchange: () => chosen(select.value ? Number(select.value) : null),
      },
      h("option", { value: "" }, "…"),
      ...options,
    );
    return select;
  }

  private table(): HTMLElement {
    const { gradients } = this.graph.document;
    if (!gradients.length) return h("p", { class: "none" }, "This run computed no gradients.");
    const id = unique("norm");
    const header = h("th", { scope: "col", "aria-sort": "descending", id });
    const sort = () => {
      this.largestFirst = !this.largestFirst;
      header.setAttribute("aria-sort", this.largestFirst ? "descending" : "ascending");
      this.fill();
    };
    header.append(h("button", { onclick: sort }, "Norm"));
    this.fill();
    const head = h("tr", {}, h("th", { scope: "col" }, "With respect to"), header);
    return h("table", { class: "norms" }, h("thead", {}, head), this.body);
  }

  private fill(): void {
    const size = ({ norm }: Gradient) => (norm === null ? -1 : sizeOf(norm));
    const sign = this.largestFirst ? -1 : 1;
    const sorted = [...this.graph.document.gradients].sort((a, b) => sign * (size(a) - size(b)));
    refill(this.body, ...sorted.map((gradient) => this.row(gradient)));
  }

  private row({ of, gradient, norm }: Gradient): HTMLElement {
    const place = this.graph.placeName(of);
    const to = (id: number) => () => this.actions.select(id);
    const bar = h("span", { class: "bar", "aria-hidden": "true" });
    if (typeof norm === "number") {
      bar.style.setProperty("--share", String(this.norms.width(norm) / 8));
    }
    const name = `the gradient for ${place}`;
    const value = norm === null ? "–" : short(norm, 4);
    return h(
      "tr",
      {},
      h("th", { scope: "row" }, h("button", { class: "place", onclick: to(of[0]) }, breakable(place))),
      h("td", {}, bar, h("button", { class: "place", "aria-label": `${value}, ${name}`, onclick: to(gradient[0]) }, value)),
    );
  }
}

/** nan and infinity come first: they are what one looks for. */
function sizeOf(norm: Cell): number {
  return typeof norm === "string" ? Infinity : norm;
}
