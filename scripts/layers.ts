// Import direction of the folders of src/: a folder may import those above it, never below; siblings on one row do not import each other.
// `node scripts/layers.ts` fails on an upward import; `--print` shows the graph.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Rows in import order; folders on one row are siblings. */
export const rows: readonly (readonly string[])[] = [
  ['base', 'plugin-kit', 'node-red', 'console'],
  ['config', 'store'],
  ['system'],
  ['data'],
  ['sql'],
  ['contract'],
  ['history'],
  ['functions'],
  ['windows', 'codecs', 'templates'],
  ['connectors'],
  ['ingress'],
  ['plugin-host', 'simulators'],
  ['extensions'],
  ['plan'],
  ['exec'],
  ['compile'],
  ['runtime'],
  ['service'],
  ['fleet'],
  ['rest', 'cli'],
  ['daemon'],
];
/** Upward imports that are right, with the reason. */
export const allowed: Readonly<Record<string, string>> = {
  'sql → contract': 'the AST uses the declared field types of streams (types only)',
};

export interface Edge {
  from: string;
  to: string;
  file: string;
}

/** All imports between different folders of src. */
export function readEdges(root = 'src'): Edge[] {
  const edges: Edge[] = [];
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.ts')) continue;
    const file = path.join(entry.parentPath, entry.name);
    const from = path.relative(root, file).split(path.sep)[0]!;
    for (const [, target] of readFileSync(file, 'utf8').matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)) {
      const to = path.relative(root, path.join(path.dirname(file), target!)).split(path.sep)[0]!;
      if (to !== from && to !== '..') edges.push({ from, to, file });
    }
  }
  return edges;
}

export function upward(edges: readonly Edge[]): Edge[] {
  const rowOf = (folder: string) => rows.findIndex((r) => r.includes(folder));
  return edges.filter((e) => rowOf(e.from) <= rowOf(e.to) && !(`${e.from} → ${e.to}` in allowed));
}

/** Folders whose files may not import each other in a circle, types included: what two of them share belongs into a third (`runtime/ports.ts`). */
export const circleFree: readonly string[] = ['src/runtime'];

/** Circles of imports among the files below a folder: each is the list of files that reach one another. */
export function circles(root: string): string[][] {
  const targets = new Map<string, string[]>();
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.ts')) continue;
    const file = path.join(entry.parentPath, entry.name);
    const found = [...readFileSync(file, 'utf8').matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)];
    targets.set(
      file,
      found.map(([, target]) => path.join(path.dirname(file), target!)),
    );
  }
  const reach = (from: string): Set<string> => {
    const seen = new Set<string>();
    const open = [...(targets.get(from) ?? [])];
    for (let f = open.pop(); f !== undefined; f = open.pop()) {
      if (seen.has(f) || !targets.has(f)) continue;
      seen.add(f);
      open.push(...targets.get(f)!);
    }
    return seen;
  };
  const reached = new Map([...targets.keys()].map((f) => [f, reach(f)]));
  const out = new Map<string, string[]>();
  for (const [file, own] of reached) {
    if (!own.has(file)) continue;
    const circle = [...own].filter((other) => reached.get(other)!.has(file)).sort();
    out.set(circle.join(), circle);
  }
  return [...out.values()];
}

if (import.meta.main) {
  const edges = readEdges();
  if (process.argv.includes('--print'))
    for (const row of rows)
      for (const folder of row) {
        const targets = [...new Set(edges.filter((e) => e.from === folder).map((e) => e.to))];
        console.log(`${folder.padEnd(11)} → ${targets.join(' ') || '-'}`);
      }
  const unknown = [...new Set(edges.map((e) => e.from))].filter((f) => !rows.flat().includes(f));
  const bad = upward(edges);
  for (const e of bad) console.error(`upward import: ${e.from} → ${e.to} in ${e.file}`);
  for (const f of unknown) console.error(`src/${f} is not in the list of layers (scripts/layers.ts)`);
  const round = circleFree.flatMap(circles);
  for (const c of round) console.error(`files import each other in a circle: ${c.join(' ')}`);
  process.exit(bad.length || unknown.length || round.length ? 1 : 0);
}
