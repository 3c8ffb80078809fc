/** The line above the picture: title, search, phases, folding, scale, light and dark. */

import type { Actions } from "./actions";
import { h } from "./dom";
import type { Graph } from "./graph";
import type { Groups } from "./groups";
import type { Picture } from "./picture";
import { Search } from "./search";
import type { State } from "./store";
import { themeButton } from "./theme";
import { counted, PHASES } from "./words";

export class Toolbar {
  readonly element: HTMLElement;
  readonly search: Search;
  private readonly phases: [string, HTMLButtonElement][];
  private readonly norms: HTMLButtonElement;

  constructor(
    graph: Graph,
    groups: Groups,
    actions: Actions,
    private readonly picture: Picture,
    root: HTMLElement,
  ) {
    this.search = new Search(graph, actions);
    this.phases = groups.roots.map(({ phase, size }) => {
      const { sign, title, explained } = PHASES[phase];
      const toggle = () => actions.togglePhase(phase);
      const name = `${title}: ${explained}, ${counted(size, "node")}`;
      const attributes = { class: `phase ${phase}`, title: name, onclick: toggle };
      return [phase, h("button", attributes, `${sign} ${title}`)];
    });
    this.norms = h(
      "button",
      { title: "Thickness of edges shows the norms of gradients", onclick: () => actions.toggleNorms() },
      "Gradient flow",
    );
    this.norms.hidden = !graph.document.gradients.length;
    const folds = groups.byKey.size > groups.roots.length;
    this.element = h(
      "header",
      { class: "toolbar" },
      h("h1", {}, graph.document.title),
      runChoice(graph),
      this.search.element,
      h("div", { class: "set", role: "group", "aria-label": "Shown parts" }, ...this.phases.map(([, b]) => b), this.norms),
      h(
        "div",
        { class: "set", role: "group", "aria-label": "Picture" },
        folds && h("button", { onclick: () => actions.foldAll() }, "Fold all"),
        folds && h("button", { onclick: () => actions.unfoldAll() }, "Unfold all"),
        this.scaling("Smaller", "−", () => picture.viewport.zoom(1 / 1.3)),
        this.scaling("Larger", "+", () => picture.viewport.zoom(1.3)),
        h("button", { onclick: () => this.picture.fit(), title: "Show the whole picture" }, "Fit"),
      ),
      themeButton(root),
    );
  }

  show({ hidden, norms }: State): void {
    for (const [phase, button] of this.phases) {
      const shown = ![...hidden].some((each) => each === phase);
      button.setAttribute("aria-pressed", String(shown));
    }
    this.norms.setAttribute("aria-pressed", String(norms));
  }

  private scaling(label: string, sign: string, act: () => void): HTMLElement {
    return h("button", { "aria-label": label, title: label, onclick: act }, sign);
  }
}

/** The other runs of a served program, each of which is a page. */
function runChoice({ document: { runs } }: Graph): HTMLElement | null {
  if (!runs || runs.length < 2) return null;
  const options = runs.map(({ number, label, shown }) =>
    h("option", { value: number, selected: shown }, `Run ${number}: ${label}`),
  );
  const go = () => {
    const run = runs.find(({ number }) => number === Number(select.value));
    // Only within what serves this page: an address is a name beside it, with a question perhaps.
    if (run && /^[\w.-]*(\?[\w=&.-]*)?$/.test(run.address)) location.assign(run.address);
  };
  const select: HTMLSelectElement = h("select", { "aria-label": "Run", onchange: go }, ...options);
  return select;
}
