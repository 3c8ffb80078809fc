/** The selected node: its result, its inputs, its line, its operation, what an engine made of it. */

import type { Actions } from "./actions";
import { pythonBlock, textBlock } from "./code";
import type { GraphNode, Place } from "./document";
import { breakable, h, refill, type Child } from "./dom";
import { formula } from "./formula";
import type { Graph } from "./graph";
import { lineInContext } from "./program";
import type { State } from "./store";
import { foldedValue, outputView } from "./value";
import { outputShape, PHASES, short } from "./words";

const READERS = 12;

export class Detail {
  readonly element = h("div", { class: "detail-panel" });

  constructor(
    private readonly graph: Graph,
    private readonly actions: Actions,
  ) {}

  show({ selected }: State): void {
    if (selected === null) {
      refill(this.element, this.welcome());
      return;
    }
    const node = this.graph.node(selected);
    refill(
      this.element,
      this.heading(node),
      section("Result", ...this.results(node)),
      node.inputs.length > 0 && section("Inputs", this.inputs(node)),
      ...this.gradients(node),
      node.line && section("Your line", lineInContext(this.graph.document, node.line)),
      ...this.operation(node),
      ...engine(node),
      this.neighbours(node),
    );
  }

  private welcome(): HTMLElement {
    const first = this.graph.document.steps.length > 0;
    const start = h("button", { onclick: () => this.actions.advance(1) }, "Step through the run");
    return h(
      "div",
      { class: "welcome" },
      h("p", {}, "Choose a node in the picture or in the list to see what it computed, and how."),
      first && h("p", {}, start),
    );
  }

  private heading(node: GraphNode): HTMLElement {
    const { sign, title } = PHASES[node.phase];
    const count = this.graph.document.steps.length;
    const step = node.step === null ? "not run" : `step ${node.step + 1} of ${count}`;
    return h(
      "header",
      { class: node.phase },
      h("h2", {}, breakable(node.name)),
      h(
        "p",
        { class: "facts" },
        h("span", { class: "badge" }, `${sign} ${title}`),
        ` ${node.type}, ${step}`,
      ),
    );
  }

  private results(node: GraphNode): Child[] {
    if (!node.outputs.length) return [h("p", { class: "none" }, "It has an effect, but no value.")];
    return node.outputs.map((output, i) => outputView(output, this.graph.placeName([node.id, i])));
  }

  private inputs(node: GraphNode): HTMLElement {
    const rows = node.inputs.map((place, i) => {
      const output = this.graph.byId.get(place[0])?.outputs[place[1]];
      const why = node.gradient[i];
      return h(
        "li",
        { "data-input": i },
        this.link(place),
        " ",
        output?.value
          ? foldedValue(output.value, this.graph.placeName(place))
          : output && h("span", { class: "brief" }, outputShape(output)),
        why && h("span", { class: "blocked" }, `⊘ no gradient: ${why}`),
      );
    });
    return h("ol", { class: "places", start: 0 }, ...rows);
  }

  private gradients(node: GraphNode): Child[] {
    const known = node.outputs.flatMap((_, i) => {
      const gradient = this.graph.gradientOf([node.id, i]);
      if (!gradient) return [];
      const norm = gradient.norm === null ? "" : `norm ${short(gradient.norm, 4)}`;
      return [h("li", {}, this.link(gradient.gradient), " ", h("span", { class: "brief" }, norm))];
    });
    const pick = (ends: object, text: string) =>
      h("button", { onclick: () => this.actions.setEnds(ends) }, text);
    const ends = h(
      "p",
      { class: "buttons" },
      pick({ from: node.id }, "Gradient of this…"),
      pick({ to: node.id }, "…with respect to this"),
    );
    const of = node.of !== null && this.graph.byId.has(node.of);
    return [
      of &&
        section("Part of the gradient of", h("ul", { class: "places" }, h("li", {}, this.link([node.of as number, 0])))),
      section("Gradient", known.length > 0 && h("ul", { class: "places" }, ...known), ends),
    ];
  }

  private operation(node: GraphNode): Child[] {
    const operation = this.graph.document.operations[node.type];
    if (!operation) return [];
    const { file, line, compute, gradient, summary } = operation;
    const where = file && `${file}, line ${line}`;
    const gradientName = `Gradient of ${node.type}`;
    return [
      section(
        node.type,
        summary && h("p", {}, summary),
        shownFormula(operation.formula, operation.plain, "Formula"),
        shownFormula(operation.gradient_formula, operation.gradient_plain, "Its gradient"),
        compute && h("h4", {}, "How it computes"),
        compute && where && h("p", { class: "where" }, where),
        compute && pythonBlock(compute, `Source of ${node.type}`),
        gradient && h("h4", {}, "How it differentiates"),
        gradient && pythonBlock(gradient, gradientName),
      ),
    ];
  }

  private neighbours(node: GraphNode): HTMLElement | null {
    const readers = this.graph.consumers.get(node.id) ?? [];
    const waits = node.controls.filter((id) => this.graph.byId.has(id));
    if (!readers.length && !waits.length) return null;
    const links = (ids: number[]) =>
      h("ul", { class: "places" }, ...ids.slice(0, READERS).map((id) => h("li", {}, this.link([id, 0]))));
    const more = readers.length > READERS && h("p", {}, `and ${readers.length - READERS} more`);
    return h(
      "div",
      {},
      readers.length > 0 && section("Read by", links(readers), more),
      waits.length > 0 && section("Waits for", links(waits)),
    );
  }

  private link(place: Place): HTMLElement {
    const node = this.graph.byId.get(place[0]);
    if (!node) return h("span", {}, this.graph.placeName(place));
    const sign = h("span", { class: `sign ${node.phase}`, "aria-hidden": "true" }, PHASES[node.phase].sign);
    const select = () => this.actions.select(place[0]);
    return h("button", { class: "place", onclick: select }, sign, breakable(this.graph.placeName(place)));
  }
}

export function section(title: string, ...children: Child[]): HTMLElement {
  return h("section", {}, h("h3", {}, title), ...children);
}

function shownFormula(mathml: string | null, plain: string | null, label: string): HTMLElement | null {
  const drawn = formula(mathml);
  if (!drawn && !plain) return null;
  return h("p", { class: "formula" }, h("span", { class: "label" }, label), " ", drawn ?? plain);
}

function engine({ engine, name }: GraphNode): Child[] {
  if (!engine) return [];
  const { kernel, loops, microseconds } = engine;
  const time = microseconds === null ? null : `${short(microseconds, 3)} µs in one run`;
  return [
    section(
      "What the engine made of it",
      h("p", {}, kernel),
      time && h("p", { class: "facts" }, time),
      loops && textBlock(loops, `Loops for ${name}`),
    ),
  ];
}
