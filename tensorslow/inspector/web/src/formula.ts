/** Formulas: the only markup that is taken from the document, element by element. */

const MATHML = "http://www.w3.org/1998/Math/MathML";

const ELEMENTS = new Set(
  (
    "math mrow mi mn mo mtext mspace mfrac msqrt mroot mstyle mpadded mphantom mfenced " +
    "msub msup msubsup munder mover munderover mtable mtr mtd semantics"
  ).split(" "),
);
const ATTRIBUTES = new Set(
  (
    "display displaystyle mathvariant stretchy fence separator form lspace rspace largeop " +
    "movablelimits accent accentunder minsize maxsize linethickness width height depth " +
    "columnalign rowalign columnspacing rowspacing scriptlevel symmetric"
  ).split(" "),
);

/** No formula listens to events: a text that might is not even parsed. */
const HANDLER = /\bon\w+\s*=/i;

/** A formula from its MathML; null if that is not what the text is. Nothing else comes through. */
export function formula(text: string | null): Element | null {
  if (!text || HANDLER.test(text)) return null;
  // A document made by the parser runs no script and loads nothing; we only read it.
  const parsed = new DOMParser().parseFromString(text, "text/html").querySelector("math");
  return parsed && copied(parsed);
}

function copied(source: Element): Element | null {
  const name = source.localName;
  if (source.namespaceURI !== MATHML || !ELEMENTS.has(name)) return null;
  const copy = document.createElementNS(MATHML, name);
  for (const { name, value } of source.attributes) {
    if (ATTRIBUTES.has(name)) copy.setAttribute(name, value);
  }
  for (const child of source.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) copy.append(child.textContent ?? "");
    else if (child instanceof Element) copy.append(...[copied(child)].filter((kept) => kept !== null));
  }
  return copy;
}
