// Messages of a plugin host are written by code that nobody trusts: their shape is checked before anything else looks at them, and so is that
// a source sends no more rows than it was given credit for. Used by pen.ts.
import type { FromPen } from '../worker/pen-protocol.ts';
import type { FromWorker } from '../worker/protocol.ts';

const LEVELS = new Set(['debug', 'info', 'warn', 'error']);

type Anything = Record<string, unknown>;
const isObject = (v: unknown): v is Anything => typeof v === 'object' && v !== null;
const isCount = (v: unknown): v is number => typeof v === 'number' && Number.isSafeInteger(v) && v >= 0;
const isText = (v: unknown): v is string => typeof v === 'string';
const isList = (v: unknown): v is unknown[] => Array.isArray(v);
const isTexts = (v: unknown): boolean => isList(v) && v.every(isText);
const isError = (v: unknown): boolean =>
  isObject(v) && isText(v['message']) && isText(v['name']) && (v['stack'] === undefined || isText(v['stack']));
const isSymbolFacts = (v: unknown): boolean =>
  v === undefined || (isObject(v) && typeof v['singleton'] === 'boolean' && isTexts(v['methods']));
const isFacts = (v: unknown): boolean =>
  isObject(v) &&
  isSymbolFacts(v['main']) &&
  isSymbolFacts(v['lookup']) &&
  isTexts(v['exports']) &&
  isTexts(v['functions']) &&
  isTexts(v['singletons']) &&
  isTexts(v['tampers']);
const isChange = (v: unknown): boolean => isList(v) && v.length === 3 && isText(v[0]) && typeof v[2] === 'boolean';

const CHECKS: Record<FromWorker['t'], (m: Anything) => boolean> = {
  loading: () => true,
  ready: (m) => isFacts(m['facts']),
  broken: (m) => isError(m['error']),
  done: (m) => isCount(m['call']),
  failed: (m) => isCount(m['call']) && isError(m['error']),
  emit(m) {
    const b = m['batch'];
    return (
      isObject(b) &&
      isCount(b['id']) &&
      isCount(b['rows']) &&
      isList(b['data']) &&
      (b['metas'] === undefined || isList(b['metas'])) &&
      (b['acks'] === undefined || isList(b['acks']))
    );
  },
  lost: (m) => isCount(m['id']) && isError(m['error']),
  state: (m) => isCount(m['id']) && isList(m['changes']) && m['changes'].every(isChange),
  log: (m) => isText(m['message']) && isList(m['more']) && LEVELS.has(m['level'] as string),
  late: (m) => isError(m['error']),
  results: (m) =>
    isCount(m['batch']) &&
    isCount(m['from']) &&
    isList(m['results']) &&
    m['results'].every((r) => isObject(r) && ('value' in r || (isText(r['error']) && (r['stack'] === undefined || isText(r['stack']))))) &&
    isList(m['changes']) &&
    m['changes'].every((c) => isList(c) && c.length === 4 && isCount(c[0]) && isText(c[1]) && typeof c[3] === 'boolean'),
};

/** @throws TypeError for anything that is not a message of a plugin host */
export function checkedMessage(value: unknown): FromPen {
  const bad = (what: string): never => {
    throw new TypeError(`the plugin host sent ${what}`);
  };
  if (!isObject(value)) return bad('something that is not a message');
  switch (value['t']) {
    case 'hello':
      return isCount(value['pid']) ? (value as unknown as FromPen) : bad('a wrong hello');
    case 'beat':
      return typeof value['rssMb'] === 'number' ? (value as unknown as FromPen) : bad('a wrong beat');
    case 'ended':
      return isCount(value['w']) && isText(value['reason']) ? (value as unknown as FromPen) : bad('a wrong end');
    case 'says': {
      const m = value['m'];
      if (!isCount(value['w']) || !isObject(m) || !isText(m['t']) || !Object.hasOwn(CHECKS, m['t'])) return bad('an unknown message');
      return CHECKS[m['t'] as FromWorker['t']](m) ? (value as unknown as FromPen) : bad(`a wrong message ${m['t']}`);
    }
    default:
      return bad('an unknown message');
  }
}

/** What a short message may unfold to: rows that share a list are written once, and each of them is looked through. */
const FREE_VALUES = 1_000_000;
const VALUES_PER_BYTE = 4;

/** A few bytes can stand for a list of four thousand million holes, or for lists that hold each other many times over: whatever walks through
 *  them would not come back. Each value of an honest message takes a byte at least.
 *  @param bytes length of the message  @throws TypeError */
export function checkExtent(value: unknown, bytes: number): void {
  let left = Math.max(FREE_VALUES, bytes * VALUES_PER_BYTE);
  const open: Anything[] = [];
  const take = (values: number): void => {
    left -= values + 1;
    if (left < 0) throw new TypeError(`a message of ${bytes} bytes that unfolds to more than it can hold`);
  };
  const look = (v: unknown): void => {
    if (isObject(v)) open.push(v);
  };
  look(value);
  for (let v = open.pop(); v !== undefined; v = open.pop()) {
    if (ArrayBuffer.isView(v)) continue;
    if (Array.isArray(v)) {
      take(v.length);
      for (let i = 0; i < v.length; i++) look(v[i]);
    } else if (v instanceof Map || v instanceof Set) {
      take(v.size);
      for (const [k, e] of v.entries()) {
        look(k);
        look(e);
      }
    } else {
      take(0);
      for (const key in v) {
        left--;
        look(v[key]);
      }
    }
  }
}

/** Rows that a batch brings, counted here and not believed. */
export const rowsOf = (data: readonly unknown[]): number =>
  data.reduce<number>((sum, d) => sum + (Array.isArray(d) ? Math.max(1, d.length) : 1), 0);
