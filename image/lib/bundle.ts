// The packaged program as a few JavaScript files: daemon, command line and provisioning as entries of one bundle, so that a start reads 30
// files instead of 330 (CPU of a start on x64 0.18 -> 0.10 s, memory 85 -> 71 MB; ADR 0030). Sources are shipped beside it, for readers and
// for workers, which load theirs from there. Called by program.sh: bundle.ts OUT, with OUT = <program>/dist.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { type OutputOptions, rolldown } from 'rolldown';
import { stripTypes } from '../../src/plugin-host/files/strip-types.ts';
import { readyFiles } from '../../src/rest/console/assets.ts';

const REPO = resolve(import.meta.dirname, '../..');
/** Code of workers, which is given to them as text (src/plugin-host/worker/module-urls.ts). */
const WORKERS = join(REPO, 'src/plugin-host/worker');
/** File name in the bundle -> entry. */
const ENTRIES = {
  daemon: 'src/daemon/main.ts',
  cli: 'src/cli/main.ts',
  provision: 'image/provision/main.ts',
  mqtt: 'src/ingress/main.ts',
  update: 'src/system/main.ts',
  network: 'image/network/main.ts',
};
/** Packages with addons or files of their own that they look for; they stay in node_modules. */
export const OUTSIDE = ['sqlite3', 'serialport', 'modbus-serial', 'protobufjs', 'systemd-notify', 'aedes', 'typescript', 'rolldown'];

/** What one load brings along in any case becomes one file: each file costs a slow board 10 ms. In this order; what the command line or
 *  provisioning need too stays apart, so that they load no more than that. */
const GROUPS = [
  { name: 'start', of: ['src/daemon/run.ts'] },
  { name: 'rules', of: ['src/service/rules/rule-plan.ts', 'src/functions/index.ts'] },
];

const plan = (entries: Readonly<Record<string, string>>, codeSplitting?: OutputOptions['codeSplitting']) => ({
  input: {
    cwd: REPO,
    input: Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, join(REPO, file)])),
    platform: 'node' as const,
    external: (id: string) => id.startsWith('node:') || OUTSIDE.some((name) => id === name || id.startsWith(`${name}/`)),
    plugins: [
      {
        name: 'folders',
        /** Code that looks for files beside itself finds them in the shipped sources. */
        transform(code: string, id: string) {
          if (id.includes('/node_modules/') || !code.includes('import.meta.dirname')) return null;
          const folder = relative(REPO, dirname(id));
          return code.replaceAll('import.meta.dirname', `(import.meta.dirname + ${JSON.stringify(`/../${folder}`)})`);
        },
      },
    ],
  },
  output: {
    format: 'esm' as const,
    entryFileNames: '[name].mjs',
    chunkFileNames: '[name]-[hash].mjs',
    ...(codeSplitting === undefined ? {} : { codeSplitting }),
  },
});

/** Modules by group, from how the bundle would fall into files by itself. */
async function findGroups(entries: Readonly<Record<string, string>>): Promise<Map<string, Set<string>>> {
  const { input, output } = plan(entries);
  const build = await rolldown(input);
  const made = await build.generate(output);
  await build.close();
  const chunks = new Map(made.output.flatMap((o) => (o.type === 'chunk' ? [[o.fileName, o] as const] : [])));
  const closure = (files: readonly string[], seen = new Set<string>()): Set<string> => {
    for (const file of files) {
      const chunk = chunks.get(file);
      if (!chunk || seen.has(file)) continue;
      seen.add(file);
      closure(chunk.imports, seen);
    }
    return seen;
  };
  const taken = closure(Object.keys(entries).map((name) => `${name}.mjs`));
  const groups = new Map<string, Set<string>>();
  for (const { name, of } of GROUPS) {
    const roots = of.map((file) => [...chunks.values()].find((c) => c.moduleIds.includes(join(REPO, file)))?.fileName);
    if (roots.includes(undefined)) throw new Error(`bundle: no file holds ${of.join(' or ')}`);
    const own = [...closure(roots as string[])].filter((file) => !taken.has(file));
    for (const file of own) taken.add(file);
    groups.set(name, new Set(own.flatMap((file) => chunks.get(file)!.moduleIds)));
  }
  return groups;
}

/** Writes the bundle. Equal sources give equal files. @param out a folder one level below the program's  @param more further entries */
export async function bundle(out: string, more: Readonly<Record<string, string>> = {}): Promise<void> {
  const entries = { ...ENTRIES, ...more };
  const groups = await findGroups(entries);
  const { input, output } = plan(entries, {
    groups: [...groups].map(([name, modules]) => ({ name, test: (id: string) => modules.has(id) })),
  });
  const build = await rolldown(input);
  await build.write({ ...output, dir: out });
  await build.close();
  mkdirSync(join(out, 'worker'), { recursive: true });
  for (const file of readdirSync(WORKERS))
    writeFileSync(join(out, 'worker', file.replace(/\.ts$/, '.js')), stripTypes(readFileSync(join(WORKERS, file), 'utf8')));
  writeFileSync(join(out, 'worker/kit.js'), stripTypes(readFileSync(join(REPO, 'src/plugin-kit/runtime.ts'), 'utf8')));
  // the console as a browser takes it
  readyFiles(stripTypes, (name, content) => {
    mkdirSync(dirname(join(out, 'console', name)), { recursive: true });
    writeFileSync(join(out, 'console', name), content);
  });
  // An entry that became a mere re-export would not know any more that it is the program.
  for (const name of ['provision.mjs', 'mqtt.mjs'])
    if (!readFileSync(join(out, name), 'utf8').includes('import.meta.main')) throw new Error(`${name} would do nothing`);
}

if (import.meta.main) await bundle(resolve(process.argv[2]!));
