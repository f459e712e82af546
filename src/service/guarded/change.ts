// Single changes of a guarded set: what they are, and what of their target is there before. Used by guard.ts, and by the plans of the MCP server.
import { GatewayError } from '../../base/errors/gateway-error.ts';
import { isSecretName, MASK, SECRET_REFERENCE } from '../../base/secrets.ts';
import { parseStatement } from '../../sql/index.ts';

export type Change =
  | { readonly op: 'put_rule'; readonly rule: string; readonly definition: Readonly<Record<string, unknown>> }
  | { readonly op: 'delete_rule'; readonly rule: string }
  | { readonly op: 'start_rule' | 'stop_rule' | 'restart_rule'; readonly rule: string }
  | { readonly op: 'put_source'; readonly name: string; readonly kind: 'stream' | 'table'; readonly sql: string }
  | { readonly op: 'drop_source'; readonly name: string; readonly kind: 'stream' | 'table' };

/** What a change touches, before it. */
export interface Before {
  /** JSON of the rule, or SQL of the stream; undefined = there is none. */
  readonly text: string | undefined;
  /** The rule runs, or is about to. */
  readonly running: boolean;
}

export const targetOf = (c: Change): string => ('rule' in c ? `rule ${c.rule}` : `${c.kind} ${c.name}`);

export const SHAPES =
  '{"op":"put_rule","rule":ID,"definition":{"sql":…,"actions":[…],"options":{…}}}, {"op":"delete_rule"|"start_rule"|"stop_rule"|"restart_rule","rule":ID}, ' +
  '{"op":"put_stream"|"put_table","sql":"CREATE STREAM …"}, {"op":"drop_stream"|"drop_table","name":NAME}';

/** @param given one element of `changes`  @throws GatewayError that says what is expected */
export function parseChange(given: unknown, at: number): Change {
  const refuse = (why: string) => new GatewayError('SERVICE_REFUSED', { text: `changes[${at}]: ${why}. Expected one of ${SHAPES}` });
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw refuse('expected an object');
  const { op, rule, name, sql, definition, ...more } = given as Record<string, unknown>;
  const text = (value: unknown, what: string): string => {
    if (typeof value !== 'string' || value === '') throw refuse(`${what}: expected a text`);
    return value;
  };
  if (Object.keys(more).length > 0) throw refuse(`there is no member ${Object.keys(more).join(', ')}`);
  switch (op) {
    case 'put_rule': {
      if (typeof definition !== 'object' || definition === null || Array.isArray(definition))
        throw refuse('definition: expected an object');
      const id = text(rule, 'rule');
      const own = (definition as { id?: unknown }).id;
      if (own !== undefined && own !== id) throw refuse(`definition.id is ${JSON.stringify(own)}, and rule is ${JSON.stringify(id)}`);
      refuseSecrets(definition as Record<string, unknown>, refuse);
      return { op, rule: id, definition: { ...(definition as Record<string, unknown>), id } };
    }
    case 'delete_rule':
    case 'start_rule':
    case 'stop_rule':
    case 'restart_rule':
      return { op, rule: text(rule, 'rule') };
    case 'put_stream':
    case 'put_table': {
      const statement = text(sql, 'sql');
      const parsed = parseStatement(statement);
      const kind = op === 'put_stream' ? 'stream' : 'table';
      if (parsed.kind !== 'create' || parsed.object !== kind) throw refuse(`sql: expected CREATE ${kind.toUpperCase()}`);
      refuseSecrets({ EXTRA: parsed.options.EXTRA ? (JSON.parse(parsed.options.EXTRA.value) as unknown) : undefined }, refuse);
      return { op: 'put_source', name: parsed.name, kind, sql: statement };
    }
    case 'drop_stream':
    case 'drop_table':
      return { op: 'drop_source', name: text(name, 'name'), kind: op === 'drop_stream' ? 'stream' : 'table' };
    default:
      throw refuse('op is none of these');
  }
}

/** Secrets do not pass through an assistant: they stay masked, or are named. */
function refuseSecrets(value: unknown, refuse: (why: string) => Error, key = ''): void {
  if (typeof value === 'string') {
    if (isSecretName(key) && value !== '' && value !== MASK && value.replace(SECRET_REFERENCE, '') !== '')
      throw refuse(`${key} is a secret; leave it as ${MASK}, or write \${secret:NAME} and let a person run: kuiper secret set NAME`);
  } else if (Array.isArray(value)) for (const v of value) refuseSecrets(v, refuse, key);
  else if (typeof value === 'object' && value !== null) for (const [k, v] of Object.entries(value)) refuseSecrets(v, refuse, k);
}
