// State that came with a backup: it is part of the restore's transaction as rows of the catalog, and goes from there to where rules look for it (their
// checkpoints, the queues of their sinks) when no rule of that name runs. Done again after a process that ended in between. Called by live.ts and
// daemon/gateway.ts.
import type { PluginRegistry } from '../../plugin-host/index.ts';
import { isParkedName, type Moment, type Runtime, ruleOfQueue } from '../../runtime/index.ts';
import type { Store, StoreChange } from '../../store/index.ts';

const TABLE = 'restoredState';
const QUEUE = 'queue/';
const PLUGIN = 'plugin/';
/** A checkpoint may be stored, or a row parked, while queues are read: then they are read again, at most so often. */
const MAX_READS = 5;

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

type StateStore = Pick<Store, 'checkpoints' | 'sinkQueues' | 'kv'>;

/** What a backup takes with it: windows, offsets and queues as they are at one moment, and what plugins keep.
 *  @returns also the rules whose state is older, since they could not store it in time */
export async function collectState(
  store: StateStore,
  runtime: Pick<Runtime, 'moment'>,
  plugins: PluginRegistry['state'],
): Promise<SavedState & { late: readonly string[] }> {
  const moment = await runtime.moment?.();
  await plugins.flush();
  const out: SavedState = { checkpoints: {}, queues: {}, pluginState: Object.fromEntries(await store.kv('pluginState').all()) };
  const queuesOf = async (rule: string) => (await store.sinkQueues.queues()).filter((q) => ruleOfQueue(q) === rule);
  const parked = async (rule: string) => {
    const names = (await queuesOf(rule)).filter(isParkedName);
    return JSON.stringify(await Promise.all(names.map(async (q) => [q, (await store.sinkQueues.pages(q)).map((p) => p.seq)])));
  };
  for (const rule of new Set([...(await store.checkpoints.rules()), ...(await store.sinkQueues.queues()).map(ruleOfQueue)]))
    for (let reads = 1; ; reads++) {
      const atMs = moment?.momentOf(rule);
      const before = await parked(rule);
      const checkpoint = await store.checkpoints.load(rule);
      const pages: [string, StatePages[]][] = [];
      for (const queue of await queuesOf(rule)) pages.push([queue, await pagesOf(store, queue, moment)]);
      const same = moment?.momentOf(rule) === atMs && (await parked(rule)) === before;
      if (!same && reads < MAX_READS) continue;
      if (checkpoint) out.checkpoints[rule] = { atMs: checkpoint.atMs, base64: Buffer.from(checkpoint.state).toString('base64') };
      for (const [queue, list] of pages) if (list.length > 0) out.queues[queue] = list;
      break;
    }
  return { ...out, late: moment?.late ?? [] };
}

async function pagesOf({ sinkQueues }: StateStore, queue: string, moment: Moment | undefined): Promise<StatePages[]> {
  const out: StatePages[] = [];
  for (const head of await sinkQueues.pages(queue)) {
    const { seq, rows, bytes, atMs } = head;
    const payload = await sinkQueues.read(queue, seq);
    const page = payload && (moment ? moment.pageAt(queue, head, payload) : { payload, rows });
    if (page)
      out.push({
        seq,
        rows: page.rows,
        bytes: page.payload === payload ? bytes : page.payload.byteLength,
        atMs,
        base64: Buffer.from(page.payload).toString('base64'),
      });
  }
  return out;
}

/** Rows of the transaction. */
export function stateRows(state: Partial<SavedState>): StoreChange[] {
  const row = (key: string, value: unknown): StoreChange => ({ table: TABLE, key, value: JSON.stringify(value) });
  return [
    ...Object.entries(state.pluginState ?? {}).map(([plugin, text]) => row(`${PLUGIN}${plugin}`, text)),
    ...Object.entries(state.checkpoints ?? {}).map(([rule, saved]) => row(rule, saved)),
    ...Object.entries(state.queues ?? {}).map(([queue, pages]) => row(`${QUEUE}${queue}`, pages)),
  ];
}

/** Rules whose state is among the rows: none of them may run while it is put in place. */
export function rulesWithState(rows: readonly StoreChange[]): string[] {
  const keys = rows.filter((r) => r.table === TABLE && !r.key.startsWith(PLUGIN)).map((r) => r.key);
  return [...new Set(keys.map((k) => (k.startsWith(QUEUE) ? ruleOfQueue(k.slice(QUEUE.length)) : k)))];
}

/** Puts it where rules and plugins look for it. @param running rules and plugins of this process, which are told; absent at the start */
export async function placeRestoredState(
  store: StateStore,
  running?: { runtime: Pick<Runtime, 'stateArrived'>; plugins: PluginRegistry['state'] },
): Promise<void> {
  const checkpoints: string[] = [];
  const queues: string[] = [];
  for (const [key, text] of await store.kv(TABLE).all()) {
    if (key.startsWith(PLUGIN)) {
      const plugin = key.slice(PLUGIN.length);
      const value = JSON.parse(text) as string;
      await (running ? running.plugins.put(plugin, value) : store.kv('pluginState').set(plugin, value));
    } else if (key.startsWith(QUEUE)) {
      const queue = key.slice(QUEUE.length);
      queues.push(queue);
      await store.sinkQueues.clear(queue);
      for (const { base64, ...page } of JSON.parse(text) as StatePages[])
        await store.sinkQueues.append(queue, page, Buffer.from(base64, 'base64'));
    } else {
      checkpoints.push(key);
      const { atMs, base64 } = JSON.parse(text) as { atMs: number; base64: string };
      await store.checkpoints.save({ rule: key, atMs, state: Buffer.from(base64, 'base64') });
    }
    await store.kv(TABLE).delete(key);
  }
  running?.runtime.stateArrived?.(checkpoints, queues);
}
