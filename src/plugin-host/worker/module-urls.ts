// Files of this folder as plain JavaScript in `data:` URLs, for workers: they then need no TypeScript loader (10 MB each).
import { existsSync, readFileSync } from 'node:fs';

import { join } from 'node:path';
import { stripTypes } from '../files/strip-types.ts';

export interface ModuleUrls {
  /** @param name file of this folder, without `.ts`; `kit`: the running part of `@kuiper-gateway/plugin` */
  of(
    name: 'entry' | 'function-entry' | 'watchdog' | 'load-module' | 'make-instance' | 'write-durably' | 'intrinsics' | 'kit' | 'calls',
  ): string;
}

export function createModuleUrls(): ModuleUrls {
  const made = new Map<string, string>();
  return {
    of(name) {
      let url = made.get(name);
      if (url === undefined) {
        const code = read(name);
        made.set(
          name,
          (url = `data:text/javascript;base64,${Buffer.from(`${code}\n//# sourceURL=kuiper-worker-${name}`).toString('base64')}`),
        );
      }
      return url;
    },
  };
}

const SOURCES: Readonly<Record<string, string>> = { kit: '../../plugin-kit/runtime.ts' };

/** The package brings them without types (image/lib/bundle.ts). */
function read(name: string): string {
  const made = join(import.meta.dirname, '../../../dist/worker', `${name}.js`);
  return existsSync(made)
    ? readFileSync(made, 'utf8')
    : stripTypes(readFileSync(join(import.meta.dirname, SOURCES[name] ?? `${name}.ts`), 'utf8'));
}
