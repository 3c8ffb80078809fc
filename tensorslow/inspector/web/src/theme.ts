/** Light or dark: as the system has it, until the reader says otherwise. */

import { h } from "./dom";

const KEY = "tensorslow-inspector-theme";
const NEXT = { auto: "light", light: "dark", dark: "auto" } as const;
const TITLES = { auto: "◐ Auto", light: "☀ Light", dark: "☾ Dark" } as const;
type Theme = keyof typeof NEXT;

export function themeButton(root: HTMLElement): HTMLElement {
  let theme: Theme = stored();
  const button = h("button", { class: "theme", onclick: () => apply(NEXT[theme]) });
  const apply = (chosen: Theme) => {
    theme = chosen;
    root.dataset["theme"] = theme;
    button.textContent = TITLES[theme];
    button.title = `Colours: ${theme}`;
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // A page may have no storage; then it is forgotten, which is all.
    }
  };
  apply(theme);
  return button;
}

function stored(): Theme {
  try {
    const text = localStorage.getItem(KEY);
    return text === "light" || text === "dark" ? text : "auto";
  } catch {
    return "auto";
  }
}
