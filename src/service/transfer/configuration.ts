// The configuration as texts in eKuiper's twelve maps (`Service` and `Schema` with capital S): what /data/export gives and /data/import takes.
// Used by data-transfer.ts, yaml-transfer.ts and importer.ts.
import { GatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import { isTooDeep, TOO_DEEP } from '../../base/json-depth.ts';
import { parseRuleset } from './ruleset.ts';

export const PARTS = [
  'streams',
  'tables',
  'rules',
  'nativePlugins',
  'portablePlugins',
  'sourceConfig',
  'sinkConfig',
  'connectionConfig',
  'Service',
  'Schema',
  'uploads',
  'scripts',
] as const;

export type Part = (typeof PARTS)[number];
/** Each value: name → JSON or SQL text (answer of an import: name → reason of a refusal). */
export type Configuration = Record<Part, Record<string, string>>;

export function emptyConfiguration(): Configuration {
  return Object.fromEntries(PARTS.map((p) => [p, {}])) as Configuration;
}

export function hasProblems(c: Configuration): boolean {
  return Object.values(c).some((items) => Object.keys(items).length > 0);
}

/** @returns undefined when the text names none of the twelve maps: it says nothing about what there shall be
 *  @throws GatewayError SERVICE_REFUSED or REST_BODY */
export function parseConfiguration(text: string): Configuration | undefined {
  // checks the three maps that every version has; the others may be missing
  let set: Partial<Record<Part, unknown>>;
  try {
    set = parseRuleset(text, 'configuration unmarshal with error') as Partial<Record<Part, unknown>>;
  } catch (error) {
    throw new GatewayError('SERVICE_REFUSED', { text: messageOf(error).replace('error: ', 'error ') });
  }
  if (!PARTS.some((part) => set[part] !== undefined && set[part] !== null)) return undefined;
  const all = emptyConfiguration();
  for (const part of PARTS) {
    const items = set[part];
    if (items === undefined || items === null) continue;
    if (typeof items !== 'object' || Array.isArray(items) || Object.values(items).some((v) => typeof v !== 'string'))
      throw new GatewayError('SERVICE_REFUSED', { text: `configuration unmarshal with error ${part}: expected an object of name → text` });
    all[part] = items as Record<string, string>;
    for (const [name, body] of Object.entries(all[part]))
      if (part !== 'uploads' && isTooDeep(body)) throw new GatewayError('REST_BODY', { what: `${part} ${name}`, problem: TOO_DEEP });
  }
  return all;
}
