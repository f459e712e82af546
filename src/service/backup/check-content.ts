// Whether what was in the file of a backup has the form of one: it may have been written by hand, or by a program that means something else by the words.
// Each part is looked at before anything is made of it. Called by payload.ts.
import { GatewayError, messageOf } from '../../base/errors/gateway-error.ts';

type Check = (value: unknown, where: string) => void;

/** @throws GatewayError BACKUP_FILE naming the place */
export const checkContent = (content: unknown): void => CONTENT(content, 'its content');

function refuse(where: string, what: string, cause?: unknown): never {
  throw new GatewayError('BACKUP_FILE', { reason: `${where} is not ${what}` }, { cause });
}

const text: Check = (value, where) => {
  if (typeof value !== 'string') refuse(where, 'a text');
};
const count: Check = (value, where) => {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) refuse(where, 'a whole number');
};
const number: Check = (value, where) => {
  if (typeof value !== 'number') refuse(where, 'a number');
};

const entriesOf = (value: unknown, where: string): [string, unknown][] =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : refuse(where, 'an object');

const each =
  (check: Check): Check =>
  (value, where) => {
    for (const [name, member] of entriesOf(value, where)) check(member, `${where}: ${name.slice(0, 100)}`);
  };
const list =
  (check: Check): Check =>
  (value, where) => {
    if (!Array.isArray(value)) return refuse(where, 'a list');
    for (const [i, member] of value.entries()) check(member, `${where}: ${i}`);
  };
/** Members that must be there, in this form. */
const object =
  (members: Readonly<Record<string, Check>>): Check =>
  (value, where) => {
    const given = new Map(entriesOf(value, where));
    for (const [name, check] of Object.entries(members)) check(given.get(name), `${where}: ${name}`);
  };
const optional =
  (check: Check): Check =>
  (value, where) => {
    if (value !== undefined) check(value, where);
  };
/** A text that is JSON of this form. */
const json =
  (check: Check): Check =>
  (value, where) => {
    if (typeof value !== 'string') return refuse(where, 'a text');
    let parsed: unknown;
    try {
      parsed = JSON.parse(value);
    } catch (error) {
      refuse(`${where} (${messageOf(error)})`, 'JSON', error);
    }
    check(parsed, where);
  };

const anything = object({});
const confKeys: Check = (value, where) => {
  for (const [id, row] of entriesOf(value, where)) {
    if (!/^(sources|sinks|connections)\.[^.]+\../.test(id)) refuse(`${where}: ${id.slice(0, 100)}`, 'kind, type and name');
    json(anything)(row, `${where}: ${id}`);
  }
};
const CONTENT = object({
  tables: (value, where) => {
    each(each(text))(value, where);
    object({
      stream: optional(each(json(object({ sql: text })))),
      confKey: optional(confKeys),
      connection: optional(each(json(object({ typ: text, props: anything })))),
      secret: optional(each(json(object({ value: text, atMs: number })))),
    })(value, where);
  },
  files: each(object({ mode: count, base64: text })),
  state: optional(
    object({
      checkpoints: optional(each(object({ atMs: number, base64: text }))),
      queues: optional(each(list(object({ seq: count, rows: count, bytes: count, atMs: number, base64: text })))),
      pluginState: optional(each(text)),
    }),
  ),
  leftOut: optional(list(text)),
});
