/** Panels of which one is seen at a time, by tabs. */

import { h, unique } from "./dom";

export interface Tab {
  title: string;
  content: HTMLElement;
}

export interface Tabs {
  element: HTMLElement;
  /** Shows the tab of that number. */
  choose(chosen: number): void;
}

export function tabs(label: string, all: Tab[], changed: () => void): Tabs {
  const buttons: HTMLButtonElement[] = [];
  const panels: HTMLElement[] = [];
  const choose = (chosen: number, focus: boolean) => {
    buttons.forEach((button, i) => {
      button.setAttribute("aria-selected", String(i === chosen));
      button.tabIndex = i === chosen ? 0 : -1;
    });
    panels.forEach((panel, i) => (panel.hidden = i !== chosen));
    if (focus) buttons[chosen]?.focus();
    changed();
  };
  all.forEach(({ title, content }, i) => {
    const [tab, panel] = [unique("tab"), unique("panel")];
    buttons.push(
      h("button", { role: "tab", id: tab, "aria-controls": panel, onclick: () => choose(i, false) }, title),
    );
    panels.push(
      h("div", { role: "tabpanel", id: panel, "aria-labelledby": tab, class: "tab-panel", tabindex: 0 }, content),
    );
  });
  const key = (event: KeyboardEvent) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    event.stopPropagation();
    const at = buttons.findIndex((button) => button.tabIndex === 0);
    choose((at + by + buttons.length) % buttons.length, true);
  };
  const list = h("div", { role: "tablist", "aria-label": label, onkeydown: key }, ...buttons);
  choose(0, false);
  const element = h("div", { class: "tabs" }, list, ...panels);
  return { element, choose: (chosen) => choose(chosen, false) };
}
