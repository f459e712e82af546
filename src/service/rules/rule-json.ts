// The JSON of a rule, checked: eKuiper's texts for what is missing, the name of the member and what it should be for a wrong type.
// Durations and checks of single options are in runtime/options.ts.
import { GatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import { shownValue } from '../../base/shown.ts';
import { parseKeepingIntegers } from '../json-text.ts';
import { checkName } from '../names.ts';
import { maskRuleText } from './rule-secrets.ts';

const MAX_QUOTED = 1000;

/** A rule as the user wrote it; `text` is what is stored and described. */
export interface RuleDraft {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly triggered: boolean;
  readonly temp: boolean;
  readonly tags: readonly string[] | undefined;
  readonly sql: string;
  readonly graph: Readonly<Record<string, unknown>> | undefined;
  readonly actions: readonly Readonly<Record<string, unknown>>[];
  readonly options: Readonly<Record<string, unknown>> | undefined;
  readonly text: string;
}

/** @param pathId id of the path (PUT): the body may leave it out, or must repeat it
 *  @throws GatewayError RULE_JSON or NAME_INVALID */
export function parseRuleJson(text: string, pathId?: string): RuleDraft {
  /** For error texts: without secrets, and not all of 16 MB. */
  const quoted = () => {
    const shown = maskRuleText(text);
    return shown.length > MAX_QUOTED ? `${shown.slice(0, MAX_QUOTED)}…` : shown;
  };
  let value: unknown;
  try {
    value = parseKeepingIntegers(text);
  } catch (error) {
    throw refuse(`Parse rule ${quoted()} error : ${messageOf(error)}.`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw refuse(`Parse rule ${quoted()} error : expected a JSON object.`);
  const raw = value as Record<string, unknown>;
  const member = <T>(name: string, type: string, ok: (v: unknown) => boolean): T | undefined => {
    const v = raw[name];
    if (v === undefined || v === null) return undefined;
    if (!ok(v)) throw refuse(`Parse rule ${quoted()} error : ${name}: expected ${type}, got ${shownValue(v)}.`);
    return v as T;
  };
  const textOf = (name: string) => member<string>(name, 'a text', (v) => typeof v === 'string') ?? '';
  const boolOf = (name: string, otherwise: boolean) => member<boolean>(name, 'true or false', (v) => typeof v === 'boolean') ?? otherwise;

  const givenId = textOf('id');
  if (pathId !== undefined && givenId !== '' && givenId !== pathId) throw refuse('RuleId is not consistent with rule id.');
  const id = givenId || (pathId ?? '');
  if (id === '') throw refuse('Missing rule id.');
  checkName(id);

  const sql = textOf('sql');
  const graph = member<Record<string, unknown>>('graph', 'an object', isObject);
  const actions = member<Record<string, unknown>[]>('actions', 'a list of objects', (v) => Array.isArray(v) && v.every(isObject)) ?? [];
  if (sql !== '' && graph) throw refuse(`Rule ${id} has both sql and graph.`);
  if (sql === '' && !graph) throw refuse(`Rule ${id} has neither sql nor graph.`);
  if (!graph && actions.length === 0) throw refuse('Missing rule actions.');
  for (const [i, action] of actions.entries())
    for (const [type, props] of Object.entries(action))
      if (props !== null && !isObject(props))
        throw refuse(`Parse rule ${quoted()} error : actions[${i}].${type}: expected an object of properties, got ${shownValue(props)}.`);

  return {
    id,
    name: textOf('name'),
    version: textOf('version'),
    triggered: boolOf('triggered', true),
    temp: boolOf('temp', false),
    tags: member<string[]>('tags', 'a list of texts', (v) => Array.isArray(v) && v.every((t) => typeof t === 'string')),
    sql,
    graph,
    actions,
    options: member<Record<string, unknown>>('options', 'an object', isObject),
    text,
  };
}

function refuse(text: string): GatewayError {
  return new GatewayError('RULE_JSON', { text });
}

function isObject(v: unknown): v is Record<string, unknown> {
  return typeof v === 'object' && v !== null && !Array.isArray(v);
}
