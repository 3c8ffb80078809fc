/** Stepping through the evaluation: buttons, a slider, and the step in words. */

import type { Actions } from "./actions";
import { h } from "./dom";
import type { Graph } from "./graph";
import type { State } from "./store";
import { brief } from "./words";

export class Stepper {
  readonly element: HTMLElement;
  private readonly slider: HTMLInputElement;
  private readonly words = h("output", { class: "step-words", "aria-live": "polite" });
  private readonly whole: HTMLButtonElement;

  constructor(
    private readonly graph: Graph,
    actions: Actions,
  ) {
    const count = graph.document.steps.length;
    const slide = () => {
      const at = Number(this.slider.value);
      actions.goTo(at ? at - 1 : null);
    };
    this.slider = h("input", {
      type: "range",
      min: 0,
      max: count,
      value: 0,
      "aria-label": "Step of the evaluation",
      oninput: slide,
      onkeydown: (event: KeyboardEvent) => event.stopPropagation(),
    });
    const button = (label: string, sign: string, act: () => void) =>
      h("button", { "aria-label": label, title: label, onclick: act }, sign);
    this.whole = h(
      "button",
      { title: "Show the whole run (Escape)", "aria-pressed": "true", onclick: () => actions.goTo(null) },
      "Whole run",
    );
    this.element = h(
      "footer",
      { class: "stepper", role: "group", "aria-label": "Evaluation" },
      button("First step", "|◀", () => actions.goTo(0)),
      button("Step back", "◀", () => actions.advance(-1)),
      button("Step forward", "▶", () => actions.advance(1)),
      button("Last step", "▶|", () => actions.goTo(count - 1)),
      this.whole,
      this.slider,
      this.words,
    );
    if (!count) this.element.hidden = true;
  }

  show({ step }: State): void {
    const text = this.said(step);
    this.slider.value = String(step === null ? 0 : step + 1);
    this.slider.setAttribute("aria-valuetext", text);
    this.whole.setAttribute("aria-pressed", String(step === null));
    if (this.words.textContent !== text) this.words.textContent = text;
  }

  private said(step: number | null): string {
    const { steps } = this.graph.document;
    if (step === null) return `${steps.length} steps`;
    const node = this.graph.node(steps[step] as number);
    const value = node.outputs[0]?.value;
    const result = value ? ` → ${brief(value)}` : "";
    return `${step + 1} of ${steps.length}: ${node.name}${result}`;
  }
}
