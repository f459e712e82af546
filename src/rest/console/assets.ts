// The console's files as a browser takes them: TypeScript without its types, names of packages turned into paths, compressed once. A packaged program
// brings them ready in dist/console (image/lib/bundle.ts); in a work tree they are made from src/console when asked for, and again after an edit
// (docs/adr/0220). Called by serve.ts. A name is looked up in a list and never joined to a path.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const PROGRAM = resolve(import.meta.dirname, '../../..');
const READY = join(PROGRAM, 'dist/console');
const SOURCES = join(PROGRAM, 'src/console');
const PACKAGES = join(PROGRAM, 'node_modules');

/** What the console takes from packages: name in the browser → file. Nothing else of node_modules can be asked for. */
export const libraries: Readonly<Record<string, string>> = {
  'lib/preact.js': 'preact/dist/preact.mjs',
  'lib/hooks.js': 'preact/hooks/dist/hooks.mjs',
  'lib/uplot.js': 'uplot/dist/uPlot.esm.js',
  'lib/uplot.css': 'uplot/dist/uPlot.min.css',
};

/** How sources name them. */
const imports: Readonly<Record<string, string>> = {
  preact: '/console/lib/preact.js',
  'preact/hooks': '/console/lib/hooks.js',
  uplot: '/console/lib/uplot.js',
};

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  ts: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};

export interface Asset {
  readonly contentType: string;
  readonly etag: string;
  readonly plain: Buffer;
  readonly gzip: Buffer;
  readonly brotli: Buffer;
}

export interface Assets {
  /** Undefined: there is no such file. */
  get(name: string): Promise<Asset | undefined>;
  names(): string[];
}

/** @param strip takes the types off a source; asked for only in a work tree */
export function createAssets(strip: () => Promise<(code: string) => string>, ready = existsSync(READY)): Assets {
  const made = new Map<string, { stamp: string; asset: Promise<Asset> }>();
  const files = () => (ready ? filesBelow(READY) : new Map([...filesBelow(SOURCES), ...librariesOf()]));
  let known = files();
  return {
    names: () => [...known.keys()],
    async get(name) {
      // a file that was added since, in a work tree
      if (!known.has(name) && !ready) known = files();
      const file = known.get(name);
      if (file === undefined) return undefined;
      const { mtimeMs, size } = statSync(file);
      const stamp = `${mtimeMs} ${size}`;
      const old = made.get(name);
      if (old?.stamp === stamp) return old.asset;
      const asset = (async () => compressed(name, ready ? readFileSync(file) : browserText(name, file, await strip())))();
      made.set(name, { stamp, asset });
      return asset;
    },
  };
}

/** Writes what a packaged program serves. @param put gets each file by its name */
export function readyFiles(strip: (code: string) => string, put: (name: string, content: Buffer) => void): void {
  for (const [name, file] of [...filesBelow(SOURCES), ...librariesOf()]) put(name, browserText(name, file, strip));
}

function filesBelow(folder: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (entry.isFile() && /\.(html|css|js|ts|svg)$/.test(entry.name) && !entry.name.endsWith('.d.ts'))
      found.set(relative(folder, file), file);
  }
  return found;
}

const librariesOf = (): Map<string, string> =>
  new Map(Object.entries(libraries).map(([name, file]) => [name, join(PACKAGES, file)] as const));

function browserText(name: string, file: string, strip: (code: string) => string): Buffer {
  const content = readFileSync(file);
  if (!/\.[jt]s$/.test(name)) return content;
  const text = content.toString('utf8').replace(/^\/\/# sourceMappingURL=.*$/m, '');
  const code = name.endsWith('.ts') ? withoutGaps(strip(text)) : text;
  return Buffer.from(
    code.replace(/(from\s*|import\s*\(?)(["'])([a-z][a-z/-]*)\2/g, (all, before: string, quote: string, id: string) => {
      const path = imports[id];
      return path === undefined ? all : `${before}${quote}${path}${quote}`;
    }),
  );
}

/** Lines stay where they are, so that a place in the browser is the place in the source; blanks where types stood and lines of comments go. */
const withoutGaps = (code: string): string =>
  code
    .split('\n')
    .map((line) => (/^\s*(\/\/|\/\*\*.*\*\/$)/.test(line) ? '' : line.trimEnd()))
    .join('\n');

async function compressed(name: string, plain: Buffer): Promise<Asset> {
  const [small, smaller] = await Promise.all([
    promisify(gzip)(plain, { level: 9 }),
    promisify(brotliCompress)(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length } }),
  ]);
  return {
    contentType: types[name.slice(name.lastIndexOf('.') + 1)]!,
    etag: `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`,
    plain,
    gzip: small,
    brotli: smaller,
  };
}
