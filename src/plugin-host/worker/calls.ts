// Calls of functions in a thread of a plugin host: batches of them, carried out in order, with what they change in the states of their places.
// Loaded by entry.ts as text; imports nothing of ours but types. The other end: functions/outside-function.ts.
import type { CallResult, FromWorker } from './protocol.ts';

interface CalledItem {
  readonly object: Record<string, any>;
  readonly context: unknown;
  readonly changes: Map<string, { value: unknown; has: boolean }>;
}

/** A batch tells its results at least so often, so that the gateway sees it getting on. */
const TELL_MS = 50;

export function createCalls(
  items: ReadonlyMap<number, CalledItem>,
  send: (m: FromWorker) => void,
  plain: (error: unknown) => { message: string; stack: string | undefined },
): (batch: number, calls: readonly { id: number; args: unknown[] }[]) => void {
  const takeChanges = (id: number): [id: number, key: string, value: unknown, has: boolean][] => {
    const item = items.get(id);
    if (!item || item.changes.size === 0) return [];
    const out = [...item.changes].map(([key, c]): [number, string, unknown, boolean] => [id, key, c.value, c.has]);
    item.changes.clear();
    return out;
  };
  return (batch, calls) => {
    let results: CallResult[] = [];
    let from = 0;
    let sentAtMs = performance.now();
    const tell = (upTo: number) => {
      const changes = calls.slice(from, upTo).flatMap(({ id }) => takeChanges(id));
      send({ t: 'results', batch, from, results, changes });
      from = upTo;
      results = [];
      sentAtMs = performance.now();
    };
    for (let i = 0; i < calls.length; i++) {
      const { id, args } = calls[i]!;
      try {
        const item = items.get(id);
        if (!item) throw new Error('the instance is closed');
        results.push({ value: resultOf(item.object['exec'](args, item.context)) });
      } catch (error) {
        const { message, stack } = plain(error);
        results.push({ error: message, stack });
      }
      if (performance.now() - sentAtMs > TELL_MS) tell(i + 1);
    }
    if (results.length > 0) tell(calls.length);
  };
}

/** What another process can be told: functions and symbols become null, as they do where results go on inside the gateway. */
function resultOf(v: unknown): unknown {
  if (typeof v === 'function' || typeof v === 'symbol') return null;
  if (typeof v !== 'object' || v === null) return v;
  if (typeof (v as { then?: unknown }).then === 'function') {
    void Promise.resolve(v).catch(() => undefined);
    throw new Error('exec returned a promise; it must return the value itself');
  }
  try {
    return structuredClone(v);
  } catch (error) {
    if ((error as Error).name !== 'DataCloneError') throw error;
    return structuredClone(plainValue(v));
  }
}

function plainValue(v: unknown): unknown {
  if (typeof v === 'function' || typeof v === 'symbol') return null;
  if (typeof v !== 'object' || v === null || v instanceof Date || ArrayBuffer.isView(v)) return v;
  if (Array.isArray(v)) return v.map(plainValue);
  return Object.fromEntries(Object.keys(v).map((key) => [key, plainValue((v as Record<string, unknown>)[key])]));
}
