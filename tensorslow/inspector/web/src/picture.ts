/** The picture of the graph: draws what is unfolded, marks what is chosen, and takes clicks. */

import type { Actions } from "./actions";
import { h, s, refill, unique } from "./dom";
import { edgeClass, edgeNorm, NormScale } from "./edges";
import { viewOf, type Item, type View } from "./folding";
import type { Graph } from "./graph";
import type { Groups } from "./groups";
import { layoutOf, type Curve, type Layout } from "./layout";
import { Marks } from "./marks";
import { drawFrame, drawItem, sizeOf } from "./shapes";
import type { State } from "./store";
import { Viewport } from "./viewport";
import { PHASES, short } from "./words";

/** Below this scale texts cannot be read, and are not drawn. */
const READABLE = 0.35;
/** A picture of more curves has no room for labels. */
const LABELLED = 250;

export class Picture {
  readonly element: HTMLElement;
  readonly viewport: Viewport;
  view!: View;
  layout!: Layout;
  private readonly scene = s("g", { class: "scene" });
  private readonly svg: SVGSVGElement;
  private scale = 0;
  private readonly items = new Map<string, SVGGElement>();
  private readonly curves = new Map<Curve, SVGPathElement>();
  private readonly arrow = unique("arrow");
  private readonly norms: NormScale;

  constructor(
    private readonly graph: Graph,
    private readonly groups: Groups,
    private readonly actions: Actions,
    alone: boolean,
  ) {
    this.norms = new NormScale(graph);
    this.svg = s("svg", {}, this.markers(), this.scene);
    const help = unique("keys");
    this.element = h(
      "section",
      {
        class: "picture",
        tabindex: 0,
        role: "application",
        "aria-roledescription": "graph",
        "aria-label": "Graph",
        "aria-describedby": help,
      },
      this.svg,
      h("p", { id: help, class: "unseen" }, KEYS),
    );
    const focused = () => this.element.contains(document.activeElement);
    this.viewport = new Viewport(
      this.element,
      () => this.place(),
      (event) => alone || event.ctrlKey || event.metaKey || focused(),
    );
    this.element.addEventListener("click", (event) => this.click(event));
  }

  /** Lays out and draws everything anew. */
  draw(state: State): void {
    this.view = viewOf(this.graph, this.groups, state.open, state.hidden);
    this.layout = layoutOf(this.view, (item) => sizeOf(item, this.graph));
    this.items.clear();
    this.curves.clear();
    const frames: SVGElement[] = [];
    for (const group of this.view.unfolded) {
      const box = this.layout.frames.get(group.key);
      if (box && group.parent) frames.push(drawFrame(group, box));
    }
    for (const item of this.view.items.values()) {
      const box = this.layout.boxes.get(item.key);
      if (box) this.items.set(item.key, drawItem(item, box, this.graph));
    }
    for (const curve of this.layout.curves) this.curves.set(curve, s("path", { d: curve.path }));
    refill(
      this.scene,
      s("g", { class: "lanes" }, ...this.lanes()),
      s("g", { class: "frames" }, ...frames),
      s("g", { class: "curves" }, ...this.curves.values()),
      s("g", { class: "items" }, ...this.items.values()),
      s("g", { class: "labels" }, ...(state.norms ? this.labels() : [])),
    );
    if (state.norms) this.thicken();
    this.mark(state);
  }

  private thicken(): void {
    for (const [curve, element] of this.curves) {
      const norm = edgeNorm(curve, this.graph);
      if (norm !== null) element.style.strokeWidth = `${this.norms.width(norm)}px`;
    }
  }

  /** Shows what is chosen, without moving anything. */
  mark(state: State): void {
    const marks = new Marks(this.graph, state);
    for (const [key, element] of this.items) {
      const item = this.view.items.get(key) as Item;
      const nodes = item.group ? this.groups.inside(item.group) : [item.node as number];
      setClass(element, `item ${item.phase}${item.group ? " folded" : ""} ${marks.of(nodes)}`);
      const current = item.node !== null && item.node === state.selected;
      element.setAttribute("aria-current", String(current));
    }
    const front: SVGPathElement[] = [];
    for (const [curve, element] of this.curves) {
      const name = edgeClass(curve, marks);
      if (setClass(element, name) && /active|way/.test(name)) front.push(element);
    }
    for (const element of front) element.parentNode?.append(element);
  }

  /** Moves as little as needed to show a node, or the group that it is folded into. */
  reveal(id: number): void {
    const box = this.layout.boxes.get(this.view.shows.get(id)?.key ?? "");
    if (!box) return;
    if (this.viewport.scale < READABLE * 1.5) this.viewport.scale = 0.8;
    this.viewport.reveal(box);
  }

  /** Shows all of it, or as much as can be read. */
  fit(smallest = 0): void {
    const { x, y, width, height } = this.layout.box;
    this.viewport.fit({ x, y: y - 30, width, height: height + 30 }, smallest);
  }

  private place(): void {
    const { x, y, scale } = this.viewport;
    // Moving the whole drawing lets the browser keep what it has painted; scaling does not.
    this.svg.style.transform = `translate(${x}px, ${y}px)`;
    if (scale === this.scale) return;
    this.scale = scale;
    this.scene.setAttribute("transform", `scale(${scale})`);
    this.scene.classList.toggle("small", scale < READABLE);
  }

  private click(event: Event): void {
    if (this.viewport.dragged) return;
    const target = event.target as Element;
    const folding = target.closest("[data-fold]")?.getAttribute("data-fold");
    if (folding) return this.actions.fold(folding, false);
    const item = this.view.items.get(target.closest("[data-key]")?.getAttribute("data-key") ?? "");
    if (!item) return;
    if (item.group) return this.actions.fold(item.group.key, true);
    const id = item.node as number;
    if ((event as MouseEvent).shiftKey) this.actions.pickEnd(id);
    else this.actions.select(id);
  }

  private lanes(): SVGElement[] {
    return this.layout.lanes.map(({ phase, box }) => {
      const { sign, title } = PHASES[phase];
      return s(
        "g",
        { class: `lane ${phase}` },
        s("rect", { ...box, rx: 14 }),
        s("text", { x: box.x + 4, y: box.y - 9 }, `${sign} ${title}`),
      );
    });
  }

  private labels(): SVGElement[] {
    if (this.layout.curves.length > LABELLED) return [];
    return this.layout.curves.flatMap((curve) => {
      const norm = edgeNorm(curve, this.graph);
      if (norm === null) return [];
      const { x, y } = curve.middle;
      return [s("text", { x, y: y + 3, class: "norm" }, short(norm, 2))];
    });
  }

  private markers(): SVGElement {
    const tip = (name: string) =>
      s(
        "marker",
        {
          id: `${this.arrow}-${name}`,
          class: `tip ${name}`,
          viewBox: "0 0 8 8",
          refX: 7,
          refY: 4,
          markerWidth: 8,
          markerHeight: 8,
          markerUnits: "userSpaceOnUse",
          orient: "auto",
        },
        s("path", { d: "M0,1 L7,4 L0,7 z" }),
      );
    this.scene.style.setProperty("--tip", `url(#${this.arrow}-plain)`);
    this.scene.style.setProperty("--tip-active", `url(#${this.arrow}-active)`);
    return s("defs", {}, tip("plain"), tip("active"));
  }
}

/** Sets a class if it is another one, since telling the browser costs more than comparing. */
function setClass(element: Element, name: string): boolean {
  if (element.getAttribute("class") === name) return false;
  element.setAttribute("class", name);
  return true;
}

const KEYS =
  "Left and right arrow: step through the evaluation. Up and down arrow: to an input, to a reader. " +
  "Home and End: first and last step. Escape: the whole run. Plus, minus and 0: scale. " +
  "Shift and arrows: move the picture. F: fold the group around the selected node. " +
  "The list of nodes shows the same as text.";
