/** What went wrong, on top of everything: the first nan or infinity, or the error of the run. */

import type { Actions } from "./actions";
import { h } from "./dom";
import type { Graph } from "./graph";

export function banner(graph: Graph, actions: Actions): HTMLElement {
  const { culprit, error } = graph.document;
  const jump = (id: number) =>
    h("button", { onclick: () => actions.select(id) }, `Go to ${graph.node(id).name}`);
  const element = h("div", { class: "banners" });
  if (error) {
    const [first = "", ...rest] = error.text.split("\n");
    const more = rest.length > 0 && h("pre", {}, rest.join("\n"));
    const text = h("div", {}, h("strong", {}, "✗ The run failed. "), first, more);
    element.append(h("div", { class: "banner failed", role: "alert" }, text));
    if (error.node !== null && graph.byId.has(error.node)) {
      element.lastElementChild?.append(jump(error.node));
    }
  }
  if (culprit && graph.byId.has(culprit.node)) {
    const { name } = graph.node(culprit.node);
    const text = h(
      "div",
      {},
      h("strong", {}, `⚠ First ${culprit.what}: ${name}. `),
      culprit.why,
      ...(culprit.operands ?? []).map((line) => h("pre", {}, line)),
    );
    element.append(h("div", { class: "banner", role: "alert" }, text, jump(culprit.node)));
  }
  return element;
}
