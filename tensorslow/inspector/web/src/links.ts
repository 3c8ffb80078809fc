/** Deep links: the part of the address after # names the selected node. */

import type { Actions } from "./actions";
import type { Graph } from "./graph";
import type { Store } from "./store";

const WAIT = 250; // milliseconds

export function followLinks(graph: Graph, actions: Actions, store: Store): void {
  const read = () => {
    const id = graph.named(decoded(location.hash.slice(1)));
    if (id !== null && id !== store.state.selected) actions.select(id);
  };
  window.addEventListener("hashchange", read);
  let waiting = 0;
  const write = () => {
    const { selected } = store.state;
    const hash = selected === null ? "" : `#${encodeURIComponent(graph.node(selected).name)}`;
    history.replaceState(null, "", `${location.pathname}${location.search}${hash}`);
  };
  store.listen(({ selected }, before) => {
    if (selected === before.selected) return;
    // Browsers refuse addresses that change many times a second, as they do in quick steps.
    clearTimeout(waiting);
    waiting = window.setTimeout(write, WAIT);
  });
  read();
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
