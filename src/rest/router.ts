// Paths to handlers. Fixed parts win over `{name}`; a path that no route has is 404, a path without that method 405 (empty body).
// Built once from the lists of routes/; looked up by number of segments, then segment by segment.
import type { Reply } from './reply.ts';
import type { RestRequest } from './request.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface Route {
  readonly method: Method;
  /** `/rules/{name}/start` */
  readonly path: string;
  readonly handle: (request: RestRequest) => Reply | Promise<Reply>;
}

export type Match = { route: Route; params: Record<string, string> } | 'no-path' | 'no-method';

export interface Router {
  match(method: string, path: string): Match;
  readonly routes: readonly Route[];
  /** basic.strictOptions: what would have no effect is refused. */
  strict(): boolean;
}

interface Entry {
  route: Route;
  parts: readonly string[];
  /** Number of `{name}` parts: fewer wins. */
  open: number;
}

export function createRouter(routes: readonly Route[], strict: () => boolean = () => false): Router {
  const bySize = new Map<number, Entry[]>();
  for (const route of routes) {
    const parts = route.path.split('/').slice(1);
    const entry = { route, parts, open: parts.filter((p) => p.startsWith('{')).length };
    const same = bySize.get(parts.length);
    if (same) same.push(entry);
    else bySize.set(parts.length, [entry]);
  }
  for (const entries of bySize.values()) entries.sort((a, b) => a.open - b.open);

  return {
    routes,
    strict,
    match(method, path) {
      const parts = path.split('/').slice(1);
      let known = false;
      for (const entry of bySize.get(parts.length) ?? []) {
        const params = matchParts(entry.parts, parts);
        if (!params) continue;
        if (entry.route.method === method) return { route: entry.route, params };
        known = true;
      }
      return known ? 'no-method' : 'no-path';
    },
  };
}

function matchParts(pattern: readonly string[], parts: readonly string[]): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  for (let i = 0; i < pattern.length; i++) {
    const want = pattern[i]!;
    const got = parts[i]!;
    if (want.startsWith('{')) {
      if (got === '') return undefined;
      const value = decode(got);
      if (value === undefined) return undefined;
      params[want.slice(1, -1)] = value;
    } else if (want !== got) return undefined;
  }
  return params;
}

/** @returns undefined for broken percent signs: no such path */
function decode(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
