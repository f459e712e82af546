// Evaluates the text of a plugin as ES module or CommonJS under the URL of its file, so that its own imports work; each content is a
// module of its own. Runs in the main thread (functions) and in workers (sources, sinks): imports nothing of ours.
import { createRequire, registerHooks } from 'node:module';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { compileFunction, constants } from 'node:vm';

export interface ModuleText {
  /** Absolute path of the file. */
  path: string;
  /** Of the file's content. */
  hash: string;
  /** JavaScript. */
  code: string;
  format: 'module' | 'commonjs';
}

export interface ModuleLoader {
  /** @returns what the module exports  @throws what the module throws */
  load(text: ModuleText): Promise<Record<string, unknown>>;
  /** Modules evaluated so far; ES modules stay in memory until the thread ends. */
  readonly count: number;
}

/** The platform's own import(), also where a test runner puts its own in its place. */
const nativeImport = compileFunction('return import(url)', ['url'], {
  importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
}) as (url: string) => Promise<Record<string, unknown>>;

/** Node notes that the constant is experimental; it is used on purpose, and the note would only fill the log. */
function quietly<T>(work: () => T): T {
  const warn = process.emitWarning;
  process.emitWarning = () => undefined;
  try {
    return work();
  } finally {
    process.emitWarning = warn;
  }
}

/** The kit has no file where a plugin lies. */
const KIT_URL = 'file:///kuiper-gateway/plugin-kit.mjs';

/** @param kit gives the `data:` URL of the running part of `@kuiper-gateway/plugin` */
export function createModuleLoader(kit: () => string): ModuleLoader {
  const waiting = new Map<string, string>();
  let hooked = false;
  let count = 0;
  const hook = () => {
    hooked = true;
    registerHooks({
      resolve(specifier, context, next) {
        if (specifier === 'kuiper-gateway')
          throw new Error(
            "kuiper-gateway has only types: write `import type { … } from 'kuiper-gateway'`; everything else comes with the context",
          );
        if (specifier === '@kuiper-gateway/plugin') return { url: KIT_URL, format: 'module', shortCircuit: true };
        if (specifier === '@kuiper-gateway/plugin/testing')
          throw new Error('@kuiper-gateway/plugin/testing is for tests: import it in the test file, not in the plugin');
        return next(specifier, context);
      },
      load(url, context, next) {
        // a file URL, since require() of a data: URL is not possible
        if (url === KIT_URL) return { format: 'module', source: Buffer.from(kit().replace(/^[^,]*,/, ''), 'base64'), shortCircuit: true };
        const source = waiting.get(url);
        if (source === undefined) return next(url, context);
        waiting.delete(url);
        return { format: 'module', source, shortCircuit: true };
      },
    });
  };
  return {
    get count() {
      return count;
    },
    async load({ path, hash, code, format }) {
      if (!hooked) hook();
      count++;
      if (format === 'commonjs') {
        const module = { exports: {} as Record<string, unknown> };
        const run = compileFunction(code, ['exports', 'require', 'module', '__filename', '__dirname'], {
          filename: path,
          importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
        });
        run.call(module.exports, module.exports, createRequire(path), module, path, dirname(path));
        return module.exports;
      }
      // the number makes a content that failed once a new module
      const url = `${pathToFileURL(path).href}?v=${hash}.${count}`;
      waiting.set(url, code);
      try {
        return await quietly(() => nativeImport(url));
      } finally {
        waiting.delete(url);
      }
    },
  };
}
