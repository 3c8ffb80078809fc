/** The document that is shown; tensorslow/inspector/document.py says what its parts mean. */

export type Place = [node: number, output: number];
export type Phase = "forward" | "backward" | "update" | "start";
export type Cell = number | string;
export type Preview = Cell | Preview[] | null;

export interface Value {
  shape: number[];
  dtype: string;
  kind: "number" | "list" | "heatmap" | "image" | "text";
  preview: Preview;
  sampled: string | null;
  rows: number[] | null;
  columns: number[] | null;
  min: Cell | null;
  max: Cell | null;
  mean: Cell | null;
  std: Cell | null;
  norm: Cell | null;
  nan: number;
  inf: number;
  histogram: Histogram | null;
}

export interface Histogram {
  edges: number[];
  counts: number[];
}

export interface Output {
  dtype: string;
  static_shape: (number | null)[] | null;
  shape: number[] | null;
  value: Value | null;
}

export interface Line {
  file: string;
  number: number;
  text: string;
}

export interface GraphNode {
  id: number;
  name: string;
  type: string;
  scope: string;
  phase: Phase;
  inputs: Place[];
  controls: number[];
  outputs: Output[];
  line: Line | null;
  step: number | null;
  gradient: (string | null)[];
  of: number | null;
  engine: { kernel: string; loops: string; microseconds: number | null } | null;
}

export interface OperationType {
  formula: string | null;
  gradient_formula: string | null;
  plain: string | null;
  gradient_plain: string | null;
  summary: string;
  compute: string;
  gradient: string | null;
  file: string;
  line: number;
}

export interface Gradient {
  of: Place;
  gradient: Place;
  norm: Cell | null;
}

export interface Document {
  version: number;
  title: string;
  program: { file: string; lines: string[] } | null;
  nodes: GraphNode[];
  steps: number[];
  fetches: Place[];
  feeds: Place[];
  operations: Record<string, OperationType>;
  gradients: Gradient[];
  culprit: { node: number; what: "nan" | "inf"; why: string; operands: string[] } | null;
  error: { node: number | null; text: string } | null;
  runs: { number: number; label: string; address: string; shown: boolean }[] | null;
}
