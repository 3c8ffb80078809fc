/** Search by name or type: a field with a list of what was found. */

import type { Actions } from "./actions";
import { h, refill, unique } from "./dom";
import type { GraphNode } from "./document";
import type { Graph } from "./graph";
import { PHASES } from "./words";

const MOST = 30;

export class Search {
  readonly element: HTMLElement;
  private readonly input: HTMLInputElement;
  private readonly list: HTMLElement;
  private found: GraphNode[] = [];
  private at = 0;

  constructor(
    private readonly graph: Graph,
    private readonly actions: Actions,
  ) {
    const id = unique("found");
    this.list = h("ul", { id, role: "listbox", "aria-label": "Found nodes", hidden: true });
    this.input = h("input", {
      type: "search",
      role: "combobox",
      placeholder: "Find a node or type",
      "aria-label": "Find a node by name or type",
      "aria-controls": id,
      "aria-expanded": "false",
      "aria-autocomplete": "list",
      autocomplete: "off",
      spellcheck: "false",
      oninput: () => this.find(),
      onkeydown: (event: KeyboardEvent) => this.key(event),
      onblur: () => this.close(),
      onfocus: () => this.find(),
    });
    // A press, not a click: the field must not lose its focus before.
    this.list.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      const option = (event.target as Element).closest("[role=option]");
      if (option) this.choose([...this.list.children].indexOf(option));
    });
    this.element = h("div", { class: "search", role: "search" }, this.input, this.list);
  }

  focus(): void {
    this.input.focus();
  }

  private find(): void {
    const text = this.input.value.trim().toLowerCase();
    this.found = text ? matches(this.graph.document.nodes, text) : [];
    this.at = 0;
    const options = this.found.map(({ name, type, phase }, i) =>
      h(
        "li",
        { role: "option", id: `${this.list.id}-${i}`, "aria-selected": String(i === 0) },
        h("span", { class: `sign ${phase}`, "aria-hidden": "true" }, PHASES[phase].sign),
        h("span", { class: "name" }, name),
        h("span", { class: "count" }, type),
      ),
    );
    const none = text && !options.length;
    refill(this.list, ...options, none && h("li", { role: "option", "aria-disabled": "true" }, "Nothing found"));
    this.list.hidden = !text;
    this.input.setAttribute("aria-expanded", String(!!text));
    this.point();
  }

  private point(): void {
    [...this.list.children].forEach((option, i) => {
      if (this.found.length) option.setAttribute("aria-selected", String(i === this.at));
    });
    const option = this.found.length ? this.list.children[this.at] : null;
    if (option) this.input.setAttribute("aria-activedescendant", option.id);
    else this.input.removeAttribute("aria-activedescendant");
    option?.scrollIntoView({ block: "nearest" });
  }

  private key(event: KeyboardEvent): void {
    event.stopPropagation();
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by && this.found.length) {
      event.preventDefault();
      this.at = (this.at + by + this.found.length) % this.found.length;
      this.point();
    } else if (event.key === "Enter") {
      this.choose(this.at);
    } else if (event.key === "Escape") {
      this.input.value = "";
      this.find();
    }
  }

  private choose(i: number): void {
    const node = this.found[i];
    if (!node) return;
    this.actions.select(node.id);
    this.close();
  }

  private close(): void {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
}

/** The best first: the name itself, names that begin so, types, names that contain it. */
function matches(nodes: GraphNode[], text: string): GraphNode[] {
  const rank = ({ name, type }: GraphNode): number => {
    const [whole, kind] = [name.toLowerCase(), type.toLowerCase()];
    if (whole === text) return 0;
    if (whole.startsWith(text)) return 1;
    if (kind.startsWith(text)) return 2;
    return whole.includes(text) || kind.includes(text) ? 3 : 4;
  };
  const ranked = nodes.map((node) => ({ node, rank: rank(node) })).filter((each) => each.rank < 4);
  ranked.sort((a, b) => a.rank - b.rank || a.node.name.length - b.node.name.length);
  return ranked.slice(0, MOST).map((each) => each.node);
}
