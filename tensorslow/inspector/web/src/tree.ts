/** The graph as text: a tree of phases, scopes and nodes, for eyes and for screen readers. */

import type { Actions } from "./actions";
import { h, refill } from "./dom";
import type { Graph } from "./graph";
import type { Group, Groups } from "./groups";
import { scrollTo } from "./program";
import type { State } from "./store";
import { flaw, lastPart, PHASES } from "./words";

export class Tree {
  readonly element = h("ul", { role: "tree", "aria-label": "Nodes", class: "tree" });
  private readonly rows = new Map<string, HTMLElement>();
  /** Groups that the reader has opened or closed here; others follow the picture. */
  private open: ReadonlySet<string> = new Set();
  private focus = "";

  constructor(
    private readonly graph: Graph,
    private readonly groups: Groups,
    private readonly actions: Actions,
  ) {
    this.element.addEventListener("keydown", (event) => this.key(event));
    this.element.addEventListener("click", (event) => this.click(event));
  }

  show(state: State, before: State | null): void {
    if (!before || before.open !== state.open) {
      this.open = state.open;
      const focused = this.element.contains(document.activeElement);
      this.rows.clear();
      refill(this.element, ...this.groups.roots.map((root) => this.groupRow(root, 1)));
      if (!this.rows.has(this.focus)) this.focus = this.groups.roots[0]?.key ?? "";
      this.stop(this.focus, focused);
    }
    this.mark(before?.selected ?? null, false);
    if (state.selected !== null) this.mark(state.selected, true);
  }

  private mark(id: number | null, chosen: boolean): void {
    const row = this.rows.get(`node ${id}`);
    if (!row) return;
    row.setAttribute("aria-selected", String(chosen));
    if (!chosen) return;
    this.stop(`node ${id}`, false);
    scrollTo(row);
  }

  private groupRow(group: Group, level: number): HTMLElement {
    const open = this.open.has(group.key);
    const { sign, title } = PHASES[group.phase];
    const text = group.parent ? group.label : title;
    const inner = open
      ? [
          ...group.groups.map((each) => this.groupRow(each, level + 1)),
          ...group.nodes.map((id) => this.nodeRow(id, level + 1)),
        ]
      : [];
    const children = h("ul", { role: "group" }, ...inner);
    const row = h(
      "li",
      {
        role: "treeitem",
        "aria-expanded": String(open),
        "aria-level": level,
        "aria-label": `${text}, ${group.size} nodes`,
        "aria-selected": "false",
        tabindex: -1,
        "data-key": group.key,
      },
      h(
        "span",
        { class: `row ${group.phase}` },
        h("span", { class: "twist", "aria-hidden": "true" }, open ? "▾" : "▸"),
        h("span", { class: "sign", "aria-hidden": "true" }, sign),
        h("span", { class: "name" }, text),
        h("span", { class: "count" }, String(group.size)),
      ),
      open && children,
    );
    this.rows.set(group.key, row);
    return row;
  }

  private nodeRow(id: number, level: number): HTMLElement {
    const node = this.graph.node(id);
    const wrong = flaw(node);
    const key = `node ${id}`;
    const said = `${lastPart(node.name)}, ${node.type}${wrong ? `, has ${wrong}` : ""}`;
    const row = h(
      "li",
      {
        role: "treeitem",
        "aria-level": level,
        "aria-label": said,
        "aria-selected": "false",
        tabindex: -1,
        "data-key": key,
      },
      h(
        "span",
        { class: `row ${node.phase}`, title: node.name },
        h("span", { class: "name" }, lastPart(node.name)),
        h("span", { class: "count" }, node.type),
        wrong && h("span", { class: "bad" }, "⚠"),
      ),
    );
    this.rows.set(key, row);
    return row;
  }

  private click(event: Event): void {
    const key = (event.target as Element).closest("[data-key]")?.getAttribute("data-key");
    if (key) this.choose(key);
  }

  private choose(key: string): void {
    this.focus = key;
    const group = this.groups.byKey.get(key);
    if (group) this.actions.fold(key, !this.open.has(key));
    else this.actions.select(Number(key.slice("node ".length)));
    this.stop(key, true);
  }

  /** Makes one row the one that Tab leads to. */
  private stop(key: string, focus: boolean): void {
    this.rows.get(this.focus)?.setAttribute("tabindex", "-1");
    this.focus = key;
    const row = this.rows.get(key);
    row?.setAttribute("tabindex", "0");
    if (!focus || !row) return;
    row.focus({ preventScroll: true });
    scrollTo(row.querySelector<HTMLElement>(".row") ?? row);
  }

  private key(event: KeyboardEvent): void {
    const row = (event.target as Element).closest<HTMLElement>("[data-key]");
    const key = row?.getAttribute("data-key");
    if (!row || !key || event.ctrlKey || event.metaKey || event.altKey) return;
    const rows = [...this.element.querySelectorAll<HTMLElement>("[data-key]")];
    const at = rows.indexOf(row);
    const go = (to: Element | undefined | null) => this.stop(to?.getAttribute("data-key") ?? key, true);
    const expanded = row.getAttribute("aria-expanded");
    const moves: Record<string, () => void> = {
      ArrowDown: () => go(rows[at + 1]),
      ArrowUp: () => go(rows[at - 1]),
      Home: () => go(rows[0]),
      End: () => go(rows.at(-1)),
      Enter: () => this.choose(key),
      " ": () => this.choose(key),
      ArrowRight: () => (expanded === "false" ? this.choose(key) : expanded && go(rows[at + 1])),
      ArrowLeft: () =>
        expanded === "true" ? this.choose(key) : go(row.parentElement?.closest("[data-key]")),
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    event.stopPropagation();
    move();
  }
}
