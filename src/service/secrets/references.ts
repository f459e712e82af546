// `${secret:name}` in properties of connectors: put in when they are handed to the connector, so that neither the catalog nor any answer has the value.
// Called by source-spec.ts, actions.ts and connections.ts.
import { GatewayError } from '../../base/errors/gateway-error.ts';
import { SECRET_REFERENCE as REFERENCE } from '../../base/secrets.ts';

/** @returns the same value when it refers to nothing
 *  @throws GatewayError SECRET_UNKNOWN naming the secret */
export function resolveSecrets<T>(value: T, find: (name: string) => string | undefined): T {
  return walk(value, (name) => {
    const secret = find(name);
    if (secret === undefined) throw new GatewayError('SECRET_UNKNOWN', { name });
    return secret;
  }) as T;
}

/** Names that are referred to. */
export function secretsIn(value: unknown): Set<string> {
  const names = new Set<string>();
  walk(value, (name) => {
    names.add(name);
    return '';
  });
  return names;
}

function walk(value: unknown, of: (name: string) => string): unknown {
  if (typeof value === 'string') return value.includes('${secret:') ? value.replace(REFERENCE, (_all, name: string) => of(name)) : value;
  if (Array.isArray(value)) {
    const next = value.map((v) => walk(v, of));
    return next.some((v, i) => v !== value[i]) ? next : value;
  }
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  const next = Object.entries(value).map(([k, v]) => [k, walk(v, of)] as const);
  return next.some(([k, v]) => v !== (value as Record<string, unknown>)[k]) ? Object.fromEntries(next) : value;
}
