/** All that a reader can do, whichever control it is done with. */

import type { Phase } from "./document";
import type { Graph } from "./graph";
import type { Groups } from "./groups";
import type { Store } from "./store";

export class Actions {
  constructor(
    private readonly graph: Graph,
    private readonly groups: Groups,
    private readonly store: Store,
  ) {}

  /** Selects a node and unfolds what hides it; while stepping, goes to its step. */
  select(id: number | null): void {
    if (id === null) return this.store.change({ selected: null });
    const node = this.graph.node(id);
    const { step, hidden, open } = this.store.state;
    const around = this.groups.around(id).map((group) => group.key);
    const closed = around.filter((key) => !open.has(key));
    this.store.change({
      selected: id,
      step: step === null ? null : (node.step ?? step),
      open: closed.length ? new Set([...open, ...closed]) : open,
      hidden: hidden.has(node.phase) ? without(hidden, node.phase) : hidden,
    });
  }

  /** Goes to a step of the evaluation, counted from 0; null: shows the whole run. */
  goTo(step: number | null): void {
    const { steps } = this.graph.document;
    if (step === null || !steps.length) return this.store.change({ step: null });
    const at = Math.max(0, Math.min(steps.length - 1, step));
    this.store.change({ step: at, selected: steps[at] ?? null });
  }

  /** Goes forward or back by some steps, from the selected node if the whole run is shown. */
  advance(by: number): void {
    const { step, selected } = this.store.state;
    const from = step ?? (selected === null ? null : this.graph.node(selected).step);
    if (from !== null) this.goTo(from + by);
    else this.goTo(by > 0 ? 0 : this.graph.document.steps.length - 1);
  }

  /** To the first input of the selected node, or to the first node that reads it. */
  follow(direction: "input" | "reader"): void {
    const { selected } = this.store.state;
    if (selected === null) return this.advance(1);
    const node = this.graph.node(selected);
    const readers = this.graph.consumers.get(selected) ?? [];
    const next = direction === "input" ? this.graph.sources(node)[0] : readers[0];
    if (next !== undefined) this.select(next);
  }

  fold(key: string, unfolded: boolean): void {
    const { open } = this.store.state;
    this.store.change({ open: unfolded ? new Set([...open, key]) : without(open, key) });
  }

  /** Folds the innermost group around the selected node that is unfolded. */
  foldAround(): void {
    const { selected, open } = this.store.state;
    if (selected === null) return;
    const inner = this.groups.around(selected).filter((group) => group.parent && open.has(group.key));
    const last = inner.at(-1);
    if (last) this.fold(last.key, false);
  }

  foldAll(): void {
    this.store.change({ open: new Set(this.groups.roots.map((root) => root.key)) });
  }

  unfoldAll(): void {
    this.store.change({ open: new Set(this.groups.byKey.keys()) });
  }

  togglePhase(phase: Phase): void {
    const { hidden } = this.store.state;
    const now = hidden.has(phase) ? without(hidden, phase) : new Set([...hidden, phase]);
    this.store.change({ hidden: now });
  }

  toggleNorms(): void {
    this.store.change({ norms: !this.store.state.norms });
  }

  setEnds(ends: { from?: number | null; to?: number | null }): void {
    this.store.change(ends);
  }

  /** The first pick is the result; the second is what the gradient is asked for. */
  pickEnd(id: number): void {
    const { from, to } = this.store.state;
    if (from === null || to !== null) this.setEnds({ from: id, to: null });
    else this.setEnds({ to: id });
    this.select(id);
  }
}

function without<T>(set: ReadonlySet<T>, thing: T): Set<T> {
  const smaller = new Set(set);
  smaller.delete(thing);
  return smaller;
}
