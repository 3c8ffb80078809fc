/** What the reader has chosen; whoever shows something of it is told of changes. */

import type { Phase } from "./document";

export interface State {
  selected: number | null;
  /** The place in the evaluation; null: the whole run is shown. */
  step: number | null;
  /** Ends of the path of a gradient: of `from` with respect to `to`. */
  from: number | null;
  to: number | null;
  hidden: ReadonlySet<Phase>;
  /** Keys of the groups that are unfolded. */
  open: ReadonlySet<string>;
  /** Whether edges show the norms of gradients. */
  norms: boolean;
}

type Listener = (state: State, before: State) => void;

export class Store {
  private readonly listeners: Listener[] = [];

  constructor(public state: State) {}

  listen(listener: Listener): void {
    this.listeners.push(listener);
  }

  change(part: Partial<State>): void {
    const before = this.state;
    this.state = { ...before, ...part };
    for (const listener of this.listeners) listener(this.state, before);
  }
}
