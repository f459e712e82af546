// The JSON of a rule, checked: eKuiper's texts for what is missing, the name of the member and what it should be for a wrong type.
// Durations and checks of single options are in runtime/options.ts.
import { GatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import { isRecord } from '../../base/is-record.ts';
import { shownValue } from '../../base/shown.ts';
import { spelt } from '../../contract/told.ts';
import { inOurSpelling, untaken } from '../../contract/untaken.ts';
import { ruleOptionSpecs } from '../../runtime/index.ts';
import { editJsonText, parseKeepingIntegers } from '../json-text.ts';
import { checkName } from '../names.ts';
import { ruleBody } from './rule-body.ts';
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
  /** What of it has no effect, in sentences. */
  readonly notes: readonly string[];
}

/** @param pathId id of the path (PUT): the body may leave it out, or must repeat it
 *  @throws GatewayError RULE_JSON or NAME_INVALID */
export function parseRuleJson(given: string, pathId?: string): RuleDraft {
  const text = spellRule(given);
  /** For error texts: without secrets, and not all of 16 MB. */
  const quoted = () => {
    const shown = maskRuleText(text);
    return shown.length > MAX_QUOTED ? `${shown.slice(0, MAX_QUOTED)}…` : shown;
  };
  let value: unknown;
  try {
    value = parseKeepingIntegers(text);
  } catch (error) {
    throw refused(`Parse rule ${quoted()} error : ${messageOf(error)}.`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw refused(`Parse rule ${quoted()} error : expected a JSON object.`);
  const raw = value as Record<string, unknown>;
  const { told: unknown } = untaken('Member', 'the rule', topMembers, raw);
  /** What is missing may be there under another name. */
  const refuse = (why: string) => refused(unknown.length > 0 ? `${why}\nhint: ${unknown.join('\nhint: ')}` : why);
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
  const graph = member<Record<string, unknown>>('graph', 'an object', isRecord);
  const actions = member<Record<string, unknown>[]>('actions', 'a list of objects', (v) => Array.isArray(v) && v.every(isRecord)) ?? [];
  if (sql !== '' && graph) throw refuse(`Rule ${id} has both sql and graph.`);
  if (sql === '' && !graph) throw refuse(`Rule ${id} has neither sql nor graph.`);
  if (!graph && actions.length === 0) throw refuse('Missing rule actions.');
  for (const [i, action] of actions.entries())
    for (const [type, props] of Object.entries(action))
      if (props !== null && !isRecord(props))
        throw refuse(`Parse rule ${quoted()} error : actions[${i}].${type}: expected an object of properties, got ${shownValue(props)}.`);

  const options = member<Record<string, unknown>>('options', 'an object', isRecord);
  const empty = actions.flatMap((a, i) => (Object.keys(a).length === 0 ? [`actions[${i}] names no sink and has no effect.`] : []));
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
    options: options && inOurSpelling(ruleOptionSpecs, options),
    text,
    notes: [...unknown, ...empty, ...untaken('Option', `rule ${id}`, ruleOptionSpecs, options ?? {}).told],
  };
}

function refused(text: string): GatewayError {
  return new GatewayError('RULE_JSON', { text });
}

/** Members that are spelt in another letter case than ours, as Go takes them, get ours. What is no JSON comes back as it is. */
export function spellRule(text: string): string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return text; // the parser says what is wrong
  }
  if (!isRecord(value) || spelt(value, memberNames) === value) return text;
  return editJsonText(text, (rule) => {
    const right = spelt(rule, memberNames);
    for (const name of Object.keys(rule)) delete rule[name];
    Object.assign(rule, right);
  });
}

const memberNames = ruleBody.map((m) => m.name);
/** Options are looked at apart. */
const topMembers = ruleBody.map(({ fields: _, ...m }) => m);

/** eKuiper puts this before everything that is wrong with the text of a rule; it all has code 1000. */
export function understand<T>(prefix: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new GatewayError('RULE_JSON', { text: `${prefix}: ${messageOf(error)}` }, { cause: error });
  }
}
