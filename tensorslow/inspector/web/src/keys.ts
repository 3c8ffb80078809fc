/** Keys that work in the picture, and wherever no control takes them. */

import type { Actions } from "./actions";
import type { Picture } from "./picture";
import type { Search } from "./search";

const FAR = 80;

export function listenToKeys(
  root: HTMLElement,
  actions: Actions,
  picture: Picture,
  search: Search,
  last: number,
): void {
  const plain: Record<string, () => void> = {
    ArrowRight: () => actions.advance(1),
    ArrowLeft: () => actions.advance(-1),
    ArrowUp: () => actions.follow("input"),
    ArrowDown: () => actions.follow("reader"),
    Home: () => actions.goTo(0),
    End: () => actions.goTo(last),
    Escape: () => actions.goTo(null),
    "+": () => picture.viewport.zoom(1.3),
    "=": () => picture.viewport.zoom(1.3),
    "-": () => picture.viewport.zoom(1 / 1.3),
    "0": () => picture.fit(),
    f: () => actions.foldAround(),
    "/": () => search.focus(),
  };
  const shifted: Record<string, () => void> = {
    ArrowRight: () => picture.viewport.pan(-FAR, 0),
    ArrowLeft: () => picture.viewport.pan(FAR, 0),
    ArrowUp: () => picture.viewport.pan(0, FAR),
    ArrowDown: () => picture.viewport.pan(0, -FAR),
    "+": () => picture.viewport.zoom(1.3),
  };
  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const target = event.target as Element;
    if (target.closest("input, select, textarea")) return;
    // Where something scrolls, arrows up and down belong to it.
    const inPicture = picture.element.contains(target);
    if (!inPicture && /^(ArrowUp|ArrowDown|Home|End)$/.test(event.key)) return;
    const act = (event.shiftKey ? shifted : plain)[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}
