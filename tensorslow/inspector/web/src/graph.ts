/** The document's graph, so that it can be asked: nodes by number, who reads them, gradients. */

import type { Document, Gradient, GraphNode, Place } from "./document";

export class Graph {
  readonly byId = new Map<number, GraphNode>();
  /** By node, the nodes that read it or wait for it. */
  readonly consumers = new Map<number, number[]>();
  private readonly gradients = new Map<string, Gradient>();
  private readonly byName = new Map<string, number>();

  constructor(readonly document: Document) {
    for (const node of document.nodes) {
      this.byId.set(node.id, node);
      this.byName.set(node.name, node.id);
      this.consumers.set(node.id, []);
    }
    for (const node of document.nodes) {
      for (const source of this.sources(node)) this.consumers.get(source)?.push(node.id);
    }
    for (const gradient of document.gradients) this.gradients.set(gradient.of.join(), gradient);
  }

  /** The node of that number, which the document has. */
  node(id: number): GraphNode {
    const node = this.byId.get(id);
    if (!node) throw new Error(`the document has no node ${id}`);
    return node;
  }

  named(name: string): number | null {
    return this.byName.get(name) ?? null;
  }

  /** The nodes that must come before one, each once, without those the document leaves out. */
  sources(node: GraphNode): number[] {
    const all = new Set([...node.inputs.map(([id]) => id), ...node.controls]);
    return [...all].filter((id) => this.byId.has(id));
  }

  gradientOf(place: Place): Gradient | null {
    return this.gradients.get(place.join()) ?? null;
  }

  /** "MatMul", or "Split:1" for outputs after the first. */
  placeName([id, output]: Place): string {
    const name = this.byId.get(id)?.name ?? `node ${id}`;
    return output > 0 ? `${name}:${output}` : name;
  }
}
