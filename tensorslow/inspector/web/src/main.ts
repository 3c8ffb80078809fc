/** Where it starts: by itself in a page with a document, or by hand, or as a notebook's widget. */

import type { Document } from "./document";
import { mount } from "./inspector";

export { mount };

interface Model {
  get(name: string): Document;
  on?(event: string, listener: () => void): void;
}

/** For anywidget. */
function render({ model, el }: { model: Model; el: HTMLElement }): void {
  const show = () => mount(el, model.get("document"));
  model.on?.("change:document", show);
  show();
}

export default { render };

const data = document.getElementById("document");
if (data instanceof HTMLScriptElement && data.type === "application/json") {
  const alone = window.parent === window; // in a notebook the page is a frame of another
  const root = document.body.appendChild(document.createElement("div"));
  mount(root, JSON.parse(data.text) as Document, { whole: true, alone });
}
