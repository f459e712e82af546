// All SQL functions: the gateway's own, those of plugins, of extensions and of tests. Loaded on first use. Called by gateway.ts.
import type { Environment } from '../config/index.ts';
import type { FunctionCatalogue } from '../contract/function.ts';
import { type Extensions, firstOf } from '../extensions/index.ts';
import type { PluginRegistry } from '../plugin-host/index.ts';
import { withTestFunctions } from './test-hooks.ts';

export interface Added {
  plugins: PluginRegistry | undefined;
  extensions: Extensions | undefined;
}

/** @param now asked at each call: they come later than this */
export function createFunctions(env: Environment, now: () => Added) {
  const added = firstOf(
    () => withTestFunctions(env, now().plugins?.functions),
    () => now().extensions?.functions,
  );
  let catalogue: Promise<FunctionCatalogue> | undefined;
  return (): Promise<FunctionCatalogue> => (catalogue ??= import('../functions/index.ts').then((m) => m.createFunctionCatalogue(added)));
}
