// Builds ../static (or the folder named): `npm ci && npm run build`. The result is committed.
import { readFileSync } from "node:fs";
import { build } from "esbuild";

const license = readFileSync("node_modules/@dagrejs/dagre/LICENSE", "utf8").trim();

await build({
  entryPoints: [
    { in: "src/main.ts", out: "inspector" },
    { in: "src/style/inspector.css", out: "inspector" },
  ],
  outdir: process.argv[2] ?? "../static",
  bundle: true,
  format: "esm",
  target: ["es2022", "chrome123", "firefox121", "safari17.5"],
  minify: true,
  charset: "ascii", // the page that holds it may be read in any encoding
  banner: { js: `/*! It contains dagre and graphlib, under this license:\n\n${license}\n*/` },
});
