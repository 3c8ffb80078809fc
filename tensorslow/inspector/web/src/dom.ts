/** Elements from plain values: whatever comes from the document becomes text, never markup. */

type Attribute = string | number | boolean | null | undefined | ((event: never) => void);
export type Attributes = Record<string, Attribute>;
export type Child = Node | string | null | false | undefined;

const SVG = "http://www.w3.org/2000/svg";

/** An HTML element. `onclick` and the like listen; `--name` sets a CSS variable. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  return fill(document.createElement(tag), attributes, children);
}

/** An SVG element. */
export function s<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): SVGElementTagNameMap[K] {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill<E extends HTMLElement | SVGElement>(
  element: E,
  attributes: Attributes,
  children: Child[],
): E {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") {
      element.addEventListener(name.slice(2), value as unknown as EventListener);
    } else if (name.startsWith("--")) {
      element.style.setProperty(name, String(value));
    } else {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  element.append(...present(children));
  return element;
}

/** The children that are there. */
export function present(children: Child[]): (Node | string)[] {
  return children.filter((child): child is Node | string => !!child || child === "");
}

/** Replaces all that an element holds. */
export function refill(element: Element, ...children: Child[]): void {
  element.replaceChildren(...present(children));
}

/** A name with scopes, which may be broken into lines after each of them. */
export function breakable(name: string): Node {
  const parts = document.createDocumentFragment();
  name.split(/(?<=\/)/).forEach((part, i) => {
    if (i) parts.append(document.createElement("wbr"));
    parts.append(part);
  });
  return parts;
}

let count = 0;

/** An id that no other element of the page has, also where several inspectors are in one page. */
export function unique(name: string): string {
  count += 1;
  return `tensorslow-${name}-${count}`;
}
