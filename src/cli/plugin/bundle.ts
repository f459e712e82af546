// Makes one file of a plugin and what it imports, with rolldown and a source map at its end. Called by check.ts, pack.ts and dev.ts. Rolldown is
// part of the npm package for developers, not of the appliance.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { messageOf } from '../../base/errors/gateway-error.ts';
import { CliError } from '../cli-error.ts';
import { kitRuntime } from './kit.ts';
import type { SourceScan } from './source-scan.ts';

export interface Bundle {
  code: string;
  /** Packages that are in it: name, version, licence and its text. */
  packages: BundledPackage[];
}

export interface BundledPackage {
  name: string;
  version: string;
  license: string;
  text: string;
}

export interface BundleFault {
  file: string;
  line: number | undefined;
  text: string;
}

export class BundleError extends Error {
  readonly faults: readonly BundleFault[];
  constructor(faults: readonly BundleFault[]) {
    super(faults.map((f) => f.text).join('\n'));
    this.faults = faults;
  }
}

const KIT = '@kuiper-gateway/plugin';

/** The gateway answers the kit's import itself; everything else but Node's own must be in the file. */
export const needsBundle = (scan: SourceScan): boolean => scan.imports.some(({ specifier }) => specifier !== KIT && !isBuiltin(specifier));

/** @throws BundleError, CliError when there is no bundler */
export async function bundlePlugin(file: string): Promise<Bundle> {
  const { rolldown } = await import('rolldown').catch((error: unknown) => {
    throw new CliError(
      `This plugin has imports that must be bundled into it, and the bundler is not part of this installation (${messageOf(error).split('\n')[0]}). ` +
        'Pack it on a computer with the npm package: npx kuiper-gateway plugin pack',
      'failed',
    );
  });
  const folder = dirname(file);
  const faults: BundleFault[] = [];
  const modules = new Set<string>();
  try {
    const build = await rolldown({
      cwd: folder,
      input: file,
      platform: 'node',
      resolve: { alias: { [KIT]: kitRuntime() } },
      external: (id: string) => isBuiltin(id),
      logLevel: 'warn',
      onLog(_level, log) {
        if (log.code !== 'UNRESOLVED_IMPORT') return;
        faults.push({ file: basename(log.id ?? file), line: log.loc?.line, text: unresolvedText(String(log.exporter ?? log.message)) });
      },
      plugins: [
        {
          name: 'packages',
          moduleParsed({ id }) {
            modules.add(id);
          },
        },
      ],
    });
    const { output } = await build.generate({ format: 'esm', sourcemap: true, codeSplitting: false });
    await build.close();
    if (faults.length > 0) throw new BundleError(faults);
    const [chunk] = output;
    const packages = packagesOf(modules);
    const native = packages.filter((p) => p.native).map((p) => p.name);
    if (native.length > 0)
      throw new BundleError([
        {
          file: basename(file),
          line: undefined,
          text: `${native.join(', ')} holds machine code (a native addon), which cannot travel in a plugin file; install it into node_modules beside the plugins folder, or use a package in plain JavaScript`,
        },
      ]);
    const map = chunk.map;
    const inline = map
      ? `//# source${'Mapping'}URL=data:application/json;base64,${Buffer.from(
          JSON.stringify({
            ...map,
            file: basename(file),
            sources: map.sources.map((s) => relative(folder, join(folder, 'dist', s))),
            sourcesContent: undefined,
          }),
        ).toString('base64')}\n`
      : '';
    return { code: chunk.code.replace(/\/\/# sourceMappingURL=.*\n?$/, '') + inline, packages: packages.map(({ native: _, ...p }) => p) };
  } catch (error) {
    if (error instanceof BundleError) throw error;
    const { errors } = error as { errors?: { message?: string; id?: string; loc?: { line: number; file?: string } }[] };
    throw new BundleError(
      (errors ?? [error as Error]).map((e) => ({
        file: basename(('id' in e ? e.id : undefined) ?? file),
        line: 'loc' in e ? e.loc?.line : undefined,
        text: unresolvedText(messageOf(e).split('\n').filter(Boolean).slice(0, 2).join(' ').replace(/\s+/g, ' ')),
      })),
    );
  }
}

function unresolvedText(message: string): string {
  const specifier = /resolve (?:import )?['"]?([^'"\s]+)/i.exec(message)?.[1] ?? /^[@\w./-]+$/.exec(message)?.[0];
  if (specifier === undefined) return message;
  return unresolvedCure(specifier);
}

export function unresolvedCure(specifier: string): string {
  if (/^[./]/.test(specifier)) return `cannot find ${specifier}; correct the path, with its extension (.ts)`;
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  return `cannot find package ${name}; run \`npm install ${name}\` in the plugin's folder, and \`kuiper plugin pack\` puts it into the plugin`;
}

function packagesOf(modules: Iterable<string>): (BundledPackage & { native: boolean })[] {
  const roots = new Set<string>();
  for (const id of modules) {
    const at = id.lastIndexOf('/node_modules/');
    if (at < 0) continue;
    const rest = id.slice(at + '/node_modules/'.length).split('/');
    roots.add(join(id.slice(0, at), 'node_modules', ...rest.slice(0, rest[0]!.startsWith('@') ? 2 : 1)));
  }
  return [...roots].sort().map((root) => {
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { name: string; version: string; license?: unknown };
    const files = readdirSync(root);
    const text = files.find((f) => /^(?:licen[cs]e|copying)/i.test(f));
    return {
      name: manifest.name,
      version: manifest.version,
      license: typeof manifest.license === 'string' ? manifest.license : 'see its text',
      text: text === undefined ? '' : readFileSync(join(root, text), 'utf8').trim(),
      native: existsSync(join(root, 'binding.gyp')) || existsSync(join(root, 'prebuilds')) || files.some((f) => f.endsWith('.node')),
    };
  });
}
