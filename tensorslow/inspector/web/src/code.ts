/** Source code with line numbers, its words told apart a little. */

import { h } from "./dom";

const WORDS =
  /("""[\s\S]*?"""|'''[\s\S]*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|(#[^\n]*)|\b(and|as|class|def|elif|else|for|from|if|import|in|is|lambda|None|not|or|raise|return|True|False|while|with|yield)\b/g;

/** A block of Python. */
export function pythonBlock(source: string, label: string): HTMLElement {
  return h("pre", { class: "code", tabindex: 0, role: "region", "aria-label": label }, painted(source));
}

/** Any text in lines, as it is. */
export function textBlock(text: string, label: string): HTMLElement {
  return h("pre", { class: "code", tabindex: 0, role: "region", "aria-label": label }, text);
}

/** Python with its texts, comments and keywords marked. */
export function painted(source: string): HTMLElement {
  const code = h("code");
  let at = 0;
  for (const match of source.matchAll(WORDS)) {
    const name = match[1] ? "string" : match[2] ? "comment" : "keyword";
    code.append(source.slice(at, match.index), h("span", { class: name }, match[0]));
    at = match.index + match[0].length;
  }
  code.append(source.slice(at));
  return code;
}
