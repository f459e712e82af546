// Export and import of streams, tables and rules as eKuiper's ruleset JSON: {streams:{name:sql}, tables:{…}, rules:{id: JSON text}}.
// An item that exists is replaced only by a higher version; an item that is refused is left out and reported, the others go on.
import { GatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import { isTooDeep, TOO_DEEP } from '../../base/json-depth.ts';
import { setMember } from '../../data/set-member.ts';
import type { RuleService } from '../rules/rule-service.ts';
import { maskStatement } from '../streams/stream-secrets.ts';
import type { StreamService } from '../streams/stream-service.ts';

export interface Ruleset {
  streams: Record<string, string>;
  tables: Record<string, string>;
  rules: Record<string, string>;
}

export interface ImportResult {
  counts: Record<keyof Ruleset, number>;
  /** What was refused: kind → name → reason. */
  problems: Record<keyof Ruleset, Record<string, string>>;
}

export interface RulesetTransfer {
  exportAll(): Ruleset;
  /** Rules and the streams and tables that they read; an unknown rule has an empty text. */
  exportRules(ids: readonly string[]): Ruleset;
  /** @param overwrite replaces what exists whatever the version */
  import(set: Partial<Ruleset>, overwrite?: boolean): Promise<ImportResult>;
}

export function createRulesetTransfer(streams: StreamService, rules: RuleService): RulesetTransfer {
  const pick = (names: ReadonlySet<string> | undefined): Pick<Ruleset, 'streams' | 'tables'> => {
    const out = { streams: {} as Record<string, string>, tables: {} as Record<string, string> };
    for (const d of streams.all())
      if (!d.temp && (!names || names.has(d.name))) setMember(out[d.kind === 'stream' ? 'streams' : 'tables'], d.name, maskStatement(d));
    return out;
  };
  const importSource = async (kind: 'stream' | 'table', name: string, sql: string, overwrite: boolean): Promise<boolean> => {
    const old = streams.find(name);
    if (!old) {
      await streams.command(sql);
      return true;
    }
    if (!overwrite && old.version === '') return false;
    await streams.replace(kind, name, sql);
    return true;
  };
  const importRule = async (id: string, text: string, overwrite: boolean): Promise<boolean> => {
    if (isTooDeep(text)) throw new GatewayError('REST_BODY', { what: `rule ${id}`, problem: TOO_DEEP });
    const version = rules.versionOf(id);
    if (version !== undefined && version === '' && !overwrite) return false;
    await rules.replace(id, text);
    return true;
  };
  return {
    exportAll: () => ({ ...pick(undefined), rules: Object.fromEntries(rules.texts()) }),
    exportRules: (ids) => ({
      ...pick(new Set(ids.flatMap((id) => rules.sourcesOf(id)))),
      rules: Object.fromEntries(ids.map((id) => [id, rules.texts().get(id) ?? ''])),
    }),
    async import(set, overwrite = false) {
      const result: ImportResult = { counts: { streams: 0, tables: 0, rules: 0 }, problems: { streams: {}, tables: {}, rules: {} } };
      const each = async (part: keyof Ruleset, work: (name: string, text: string) => Promise<boolean>) => {
        for (const [name, text] of Object.entries(set[part] ?? {})) {
          try {
            if (await work(name, text)) result.counts[part]++;
          } catch (error) {
            setMember(result.problems[part], name, messageOf(error));
          }
        }
      };
      await each('streams', (name, sql) => importSource('stream', name, sql, overwrite));
      await each('tables', (name, sql) => importSource('table', name, sql, overwrite));
      await each('rules', (id, text) => importRule(id, text, overwrite));
      return result;
    },
  };
}

/** @throws GatewayError REST_BODY when the text is not a ruleset */
/** True for JSON that was cut: all there is could be the beginning of a document. */
function endsEarly(text: string, error: unknown): boolean {
  const message = messageOf(error);
  const at = /at position (\d+)/.exec(message)?.[1];
  return /^Unterminated string|^Unexpected end/.test(message) || (at !== undefined && Number(at) >= text.trimEnd().length);
}

export function parseRuleset(text: string, what: string): Partial<Ruleset> {
  if (isTooDeep(text)) throw new GatewayError('REST_BODY', { what, problem: TOO_DEEP });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new GatewayError('REST_BODY', { what, problem: endsEarly(text, error) ? 'unexpected end of JSON input' : messageOf(error) });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new GatewayError('REST_BODY', { what, problem: 'expected a JSON object' });
  for (const part of ['streams', 'tables', 'rules'] as const) {
    const items = (value as Record<string, unknown>)[part] ?? {};
    if (typeof items !== 'object' || Array.isArray(items) || Object.values(items).some((v) => typeof v !== 'string'))
      throw new GatewayError('REST_BODY', { what, problem: `${part}: expected an object of name → text` });
  }
  return value as Partial<Ruleset>;
}
