// Several catalogues of functions as one: the first that knows a name answers. Used by index.ts and daemon/gateway.ts.
import type { FunctionCatalogue } from '../contract/function.ts';

/** @param parts asked at each call: some are there later than this */
export function firstOf(...parts: readonly (() => FunctionCatalogue | undefined)[]): FunctionCatalogue {
  return {
    get(name) {
      for (const part of parts) {
        const found = part()?.get(name);
        if (found) return found;
      }
      return undefined;
    },
    names: () => [...new Set(parts.flatMap((part) => part()?.names() ?? []))],
  };
}
