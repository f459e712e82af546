// State that came with a backup: it is part of the restore's transaction as rows of the catalog, and goes from there to where rules look for it (their
// checkpoints, the queues of their sinks) when no rule of that name runs. Done again after a process that ended in between. Called by live.ts and
// daemon/gateway.ts.
import type { Store, StoreChange } from '../../store/index.ts';

const TABLE = 'restoredState';
const QUEUE = 'queue/';

export interface StatePages {
  seq: number;
  rows: number;
  bytes: number;
  atMs: number;
  base64: string;
}

export interface SavedState {
  checkpoints: Record<string, { atMs: number; base64: string }>;
  /** Queue of a sink (`rule/sink`) → its pages. */
  queues: Record<string, StatePages[]>;
  pluginState: Record<string, string>;
}

/** What a backup takes with it: what was stored last. */
export async function collectState({ checkpoints, sinkQueues, kv }: Pick<Store, 'checkpoints' | 'sinkQueues' | 'kv'>): Promise<SavedState> {
  const out: SavedState = { checkpoints: {}, queues: {}, pluginState: Object.fromEntries(await kv('pluginState').all()) };
  for (const rule of await checkpoints.rules()) {
    const found = await checkpoints.load(rule);
    if (found) out.checkpoints[rule] = { atMs: found.atMs, base64: Buffer.from(found.state).toString('base64') };
  }
  for (const queue of await sinkQueues.queues()) {
    const pages: StatePages[] = [];
    for (const { seq, rows, bytes, atMs } of await sinkQueues.pages(queue)) {
      const payload = await sinkQueues.read(queue, seq);
      if (payload) pages.push({ seq, rows, bytes, atMs, base64: Buffer.from(payload).toString('base64') });
    }
    if (pages.length > 0) out.queues[queue] = pages;
  }
  return out;
}

/** Rows of the transaction. */
export function stateRows(state: Partial<SavedState>): StoreChange[] {
  const row = (key: string, value: unknown): StoreChange => ({ table: TABLE, key, value: JSON.stringify(value) });
  return [
    ...Object.entries(state.pluginState ?? {}).map(([key, value]) => ({ table: 'pluginState', key, value })),
    ...Object.entries(state.checkpoints ?? {}).map(([rule, saved]) => row(rule, saved)),
    ...Object.entries(state.queues ?? {}).map(([queue, pages]) => row(`${QUEUE}${queue}`, pages)),
  ];
}

/** Rules whose state is among the rows: none of them may run while it is put in place. */
export function rulesWithState(rows: readonly StoreChange[]): string[] {
  const keys = rows.filter((r) => r.table === TABLE).map((r) => r.key);
  return [...new Set(keys.map((k) => (k.startsWith(QUEUE) ? k.slice(QUEUE.length).split('/')[0]! : k)))];
}

/** @returns how many rules and queues got something */
export async function placeRestoredState(store: Pick<Store, 'checkpoints' | 'sinkQueues' | 'kv'>): Promise<number> {
  const rows = await store.kv(TABLE).all();
  for (const [key, text] of rows) {
    if (key.startsWith(QUEUE)) {
      const queue = key.slice(QUEUE.length);
      await store.sinkQueues.clear(queue);
      for (const { base64, ...page } of JSON.parse(text) as StatePages[])
        await store.sinkQueues.append(queue, page, Buffer.from(base64, 'base64'));
    } else {
      const { atMs, base64 } = JSON.parse(text) as { atMs: number; base64: string };
      await store.checkpoints.save({ rule: key, atMs, state: Buffer.from(base64, 'base64') });
    }
    await store.kv(TABLE).delete(key);
  }
  return rows.size;
}
