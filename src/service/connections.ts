// Named connections (REST /connections, connection.yaml): a type and properties under an id, which streams and sinks choose with
// connectionSelector. While one exists it is probed, so that its state can be told before any rule uses it.

import { type Backoff, createBackoff } from '../base/backoff.ts';
import type { Clock, TimerHandle } from '../base/clock.ts';
import { GatewayError, messageOf } from '../base/errors/gateway-error.ts';
import type { Log } from '../base/log.ts';
import { nodeCrypto } from '../base/node-builtins.ts';
import { bigintAsNumber } from '../base/raw-json.ts';
import { maskText, placesOfMasks, restoreSecrets } from '../base/secrets.ts';
import type { ConnectorEntry } from '../contract/connector.ts';
import { maskSecrets, type Props, wrongValues } from '../contract/props.ts';
import { newTold, settle, type Told } from '../contract/told.ts';
import { untaken } from '../contract/untaken.ts';
import { connectionOptionsOf } from '../runtime/index.ts';
import type { KvTable } from '../store/index.ts';
import { SECRET_MISSING } from './conf-keys.ts';
import { parseKeepingIntegers } from './json-text.ts';
import { checkName } from './names.ts';

export interface ConnectionInfo {
  id: string;
  typ: string;
  props: Props;
  isNamed: true;
  status: 'connected' | 'connecting' | 'disconnected';
  err?: string;
}

export interface ConnectionStore {
  /** Properties for connectionSelector. @throws GatewayError SERVICE_REFUSED `connection X not existed` */
  props(id: string): Props;
  list(): ConnectionInfo[];
  info(id: string): ConnectionInfo;
  create(id: string, typ: string, props: Props, told?: Told): Promise<void>;
  replace(id: string, typ: string, props: Props, told?: Told): Promise<void>;
  /** Creates or replaces, also while rules use it: they follow at their next start. */
  put(id: string, typ: string, props: Props, told?: Told): Promise<void>;
  /** Nothing happens when there is none. */
  delete(id: string): Promise<void>;
  /** Makes those of connection.yaml that are new or changed in the file since last time; never overwrites an id of REST. */
  provision(entries: Readonly<Record<string, Readonly<Record<string, Props>>>>, done: KvTable): Promise<void>;
  /** After the rows were changed by somebody else. */
  reload(): Promise<void>;
  close(): void;
}

export interface ConnectionDeps {
  table: KvTable;
  clock: Clock;
  log: Log;
  connectors(name: string): ConnectorEntry | undefined;
  /** Rules that select the connection: such a one is neither changed nor deleted. */
  usedBy(id: string): string[];
  /** Puts secrets in the place of `${secret:name}`, for a look at the peer. */
  resolve?<T>(value: T): T;
  /** False: nothing is tried (a connection that is only checked). */
  look?: boolean;
  /** State of the connection itself while rules use it: truer than that of a probe. */
  live?(typ: string, id: string): { state: ConnectionInfo['status']; message: string } | undefined;
}

interface Entry {
  typ: string;
  props: Props;
  status: ConnectionInfo['status'];
  error: string;
  backoff: Backoff;
  timer: TimerHandle | undefined;
  abort: AbortController;
}

const sameProps = (a: unknown, b: unknown): boolean => JSON.stringify(a, bigintAsNumber) === JSON.stringify(b, bigintAsNumber);

/** How long one probe may take, and how often a good connection is looked at again. */
const PROBE_TIMEOUT_MS = 5_000;
const RECHECK_MS = 30_000;
/** The first look at connections that are there at the start: the rules come first, and what they use is not tried at all. */
const START_LOOK_MS = 3_000;

export async function openConnections(deps: ConnectionDeps): Promise<ConnectionStore> {
  const { table, clock, log } = deps;
  const all = new Map<string, Entry>();

  const probe = async (id: string, entry: Entry): Promise<void> => {
    let next = RECHECK_MS;
    const live = deps.live?.(entry.typ, id);
    if (live) {
      // in use: nothing to try, and a broker with few places is not asked for another
      entry.status = live.state;
      entry.error = live.message;
      if (all.get(id) === entry) entry.timer = clock.setTimer(next, () => void probe(id, entry));
      return;
    }
    try {
      const connector = await deps.connectors(entry.typ)?.load();
      if (!connector?.connection)
        throw new Error(`connection type ${entry.typ} cannot be tried: no connector of that name has connections`);
      await connector.connection.test(
        deps.resolve?.(entry.props) ?? entry.props,
        AbortSignal.any([entry.abort.signal, AbortSignal.timeout(PROBE_TIMEOUT_MS)]),
      );
      entry.status = 'connected';
      entry.error = '';
      entry.backoff.reset();
    } catch (error) {
      entry.status = 'disconnected';
      entry.error = messageOf(error);
      next = entry.backoff.next();
    }
    if (all.get(id) === entry) entry.timer = clock.setTimer(next, () => void probe(id, entry));
  };
  const begin = (id: string, typ: string, props: Props, lookAfterMs = 0) => {
    end(id);
    const entry: Entry = {
      typ,
      props,
      status: 'connecting',
      error: '',
      backoff: createBackoff(),
      timer: undefined,
      abort: new AbortController(),
    };
    all.set(id, entry);
    // in a later turn: neither the start of the gateway nor the answer to REST waits for a peer
    if (deps.look !== false) entry.timer = clock.setTimer(lookAfterMs, () => void probe(id, entry));
  };
  const end = (id: string) => {
    const entry = all.get(id);
    if (!entry) return;
    clock.clear(entry.timer);
    entry.abort.abort();
    all.delete(id);
  };
  const store = async (id: string, typ: string, given: Props, lookAfterMs?: number) => {
    const props = restoreSecrets(given, all.get(id)?.props) as Props;
    const masked = placesOfMasks(props);
    if (masked.length) log.warn({ code: 'SECRET_MISSING', connection: id, missing: masked }, SECRET_MISSING);
    await table.set(id, JSON.stringify({ typ, props }, bigintAsNumber));
    begin(id, typ, props, lookAfterMs);
  };
  /** What of the properties has no effect. */
  const look = async (id: string, typ: string, props: Props, told: Told = newTold()) => {
    const entry = deps.connectors(typ);
    if (!entry) told.warnings.push(`There is no connector "${typ}": connection ${id} cannot be used.`);
    else if (!entry.plugin) {
      const specs = connectionOptionsOf(await entry.load());
      const found = untaken('Property', `connection ${id} (${typ})`, specs, props);
      if (found.refused.length > 0) throw new GatewayError('SERVICE_REFUSED', { text: found.refused.join('; ') });
      const wrong = wrongValues(specs, props).map(
        (problem) => `Property of connection ${id}: ${problem}; what selects it will be refused.`,
      );
      told.warnings.push(...found.told, ...wrong);
    }
    settle(told);
  };
  const missing = (id: string) => new GatewayError('SERVICE_REFUSED', { text: `connection ${id} not existed` });
  const refuseUsed = (id: string) => {
    const rules = deps.usedBy(id);
    if (rules.length)
      throw new GatewayError('SERVICE_REFUSED', { text: `connection ${id} can't be dropped due to rule references [${rules.join(' ')}]` });
  };
  const show = (id: string, e: Entry): ConnectionInfo => {
    const { state, message } = deps.live?.(e.typ, id) ?? { state: e.status, message: e.error };
    const info: ConnectionInfo = { id, typ: e.typ, props: maskSecrets(e.props) as Props, isNamed: true, status: state };
    if (message) info.err = maskText(message);
    return info;
  };

  const remove = async (id: string) => {
    if (!all.has(id)) return;
    refuseUsed(id);
    await table.delete(id);
    end(id);
  };

  /** Takes what is stored: what is new or different begins, what is gone ends. */
  const reload = async (lookAfterMs: number): Promise<void> => {
    const stored = await table.all();
    for (const id of [...all.keys()]) if (!stored.has(id)) end(id);
    for (const [id, text] of stored) {
      try {
        const { typ, props } = parseKeepingIntegers(text) as { typ: string; props: Props };
        const now = all.get(id);
        if (now?.typ !== typ || !sameProps(now.props, props)) begin(id, typ, props, lookAfterMs);
      } catch (error) {
        log.error({ code: 'CATALOG_ENTRY', connection: id, reason: messageOf(error) }, 'A stored connection cannot be read; skipping it.');
      }
    }
  };
  await reload(START_LOOK_MS);

  return {
    props(id) {
      const entry = all.get(id);
      if (!entry) throw missing(id);
      return entry.props;
    },
    list: () => [...all].map(([id, e]) => show(id, e)).sort((a, b) => (a.id < b.id ? -1 : 1)),
    info(id) {
      const entry = all.get(id);
      if (!entry) throw missing(id);
      return show(id, entry);
    },
    async create(id, typ, props, told) {
      checkName(id);
      if (typ === '') throw new GatewayError('SERVICE_REFUSED', { text: 'connection id and type should be defined' });
      if (all.has(id)) throw new GatewayError('SERVICE_REFUSED', { text: `connection ${id} already been created` });
      await look(id, typ, props, told);
      await store(id, typ, props);
    },
    async replace(id, typ, props, told) {
      const old = all.get(id);
      if (!old) throw missing(id);
      // an import of what is there already changes nothing, also while rules use it
      if ((typ || old.typ) === old.typ && sameProps(restoreSecrets(props, old.props), old.props)) return;
      refuseUsed(id);
      await look(id, typ || old.typ, props, told);
      await store(id, typ || old.typ, props);
    },
    async put(id, typ, props, told) {
      checkName(id);
      await look(id, typ, props, told);
      await store(id, typ, props);
    },
    delete: remove,
    async provision(entries, done) {
      for (const [typ, ids] of Object.entries(entries)) {
        for (const [id, raw] of Object.entries(ids)) {
          const { xOperation, ...props } = raw;
          const hash = nodeCrypto()
            .createHash('sha256')
            .update(JSON.stringify([typ, id, raw], bigintAsNumber))
            .digest('hex');
          if ((await done.get(`${typ}.${id}`)) === hash) continue;
          if (xOperation === 'delete') await remove(id);
          else if (!all.has(id)) await store(checkName(id), typ, props, START_LOOK_MS);
          await done.set(`${typ}.${id}`, hash);
        }
      }
    },
    reload: () => reload(0),
    close() {
      for (const id of [...all.keys()]) end(id);
    },
  };
}
