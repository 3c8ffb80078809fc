/** The inspector: a document in, an element out. */

import { Actions } from "./actions";
import { banner } from "./banner";
import { Detail } from "./detail";
import type { Document } from "./document";
import { h, refill } from "./dom";
import { Gradients } from "./gradients";
import { Graph } from "./graph";
import { Groups } from "./groups";
import { listenToKeys } from "./keys";
import { followLinks } from "./links";
import { Picture } from "./picture";
import { ProgramList } from "./program";
import { Stepper } from "./stepper";
import { Store } from "./store";
import { tabs } from "./tabs";
import { Toolbar } from "./toolbar";
import { Tree } from "./tree";

/** A graph of no more nodes than this is all unfolded at first; of larger ones an outline. */
const SMALL = 90;
const OUTLINE = 30;
/** At first, texts shall be large enough to be read. */
const READABLE = 0.55;

export interface Options {
  /** It fills a window or a frame. */
  whole?: boolean;
  /** Nothing is around it: the wheel, and the part of the address after #, are its own. */
  alone?: boolean;
}

export function mount(element: HTMLElement, document: Document, options: Options = {}): void {
  const { whole = false, alone = false } = options;
  const graph = new Graph(document);
  const groups = new Groups(graph);
  const store = new Store({
    selected: null,
    step: null,
    from: null,
    to: null,
    hidden: new Set(),
    open: groups.opening(document.nodes.length <= SMALL ? SMALL : OUTLINE),
    norms: false,
  });
  const actions = new Actions(graph, groups, store);
  const picture = new Picture(graph, groups, actions, alone);
  const tree = new Tree(graph, groups, actions);
  const detail = new Detail(graph, actions);
  const gradients = new Gradients(graph, actions);
  const program = new ProgramList(graph, actions);
  const stepper = new Stepper(graph, actions);
  const root = h("div", { class: `tensorslow-inspector ${whole ? "whole" : "embedded"}` });
  const toolbar = new Toolbar(graph, groups, actions, picture, root);
  const shown = [toolbar, tree, detail, gradients, program, stepper];
  const showAgain = () => program.show(store.state);
  const texts = [
    { title: "Nodes", content: tree.element },
    ...(document.program ? [{ title: "Program", content: program.element }] : []),
  ];
  const details = [
    { title: "Node", content: detail.element },
    { title: "Gradients", content: gradients.element },
  ];
  const lists = tabs("Lists", texts, showAgain);
  const panel = tabs("Details", details, showAgain);
  root.append(
    toolbar.element,
    banner(graph, actions),
    h(
      whole ? "main" : "div",
      { class: "body" },
      picture.element,
      stepper.element,
      h("aside", { class: "panel", "aria-label": "Details" }, panel.element),
      h("nav", { class: "side", "aria-label": "Nodes and program" }, lists.element),
    ),
  );
  listenToKeys(root, actions, picture, toolbar.search, document.steps.length - 1);
  refill(element, root);
  picture.draw(store.state);
  for (const part of shown) part.show(store.state, null);
  picture.fit(READABLE);
  store.listen((state, before) => {
    const newEnds = state.from !== before.from || state.to !== before.to;
    const within = gradients.element.contains(window.document.activeElement);
    if (newEnds) panel.choose(1);
    else if (state.selected !== before.selected && !within) panel.choose(0);
    const redraw = ["open", "hidden", "norms"] as const;
    if (redraw.some((name) => state[name] !== before[name])) picture.draw(state);
    else picture.mark(state);
    for (const part of shown) part.show(state, before);
    if (state.selected !== null && state.selected !== before.selected) picture.reveal(state.selected);
  });
  if (alone) followLinks(graph, actions, store);
}
