// The parked rows of a rule for those who look after it: list, show, retry, drop; also while the rule does not run. Made by rule/rule.ts for the
// service; rows come from the parking lots of the rule's sinks.
import { GatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import { maskValue } from '../../base/secrets.ts';
import type { ParkedAccess, ParkedSummary } from '../api.ts';
import type { ActionSpec } from '../definition.ts';
import type { Environment } from '../environment.ts';
import { MAX_PARKED_BYTES } from './line-parts.ts';
import { parkedName, sinkName } from './names.ts';
import { type ParkedEntry, ParkingLot } from './parking-lot.ts';
import type { SinkLine } from './sink-line.ts';

interface Running {
  readonly name: string;
  readonly line: SinkLine;
}

/** @param sinks of the rule's run; [] when it never ran  @param live the run goes on */
export function createParkedAccess(
  env: Environment,
  ruleId: string,
  actions: readonly ActionSpec[],
  sinks: readonly Running[],
  live: boolean,
): ParkedAccess {
  const names = actions.map(sinkName);
  const made = new Map<string, ParkingLot>();

  const lotOf = async (sink: string): Promise<ParkingLot> => {
    if (!names.includes(sink)) throw new GatewayError('PARKED_NO_SINK', { rule: ruleId, sink, sinks: names.join(', ') });
    let lot = sinks.find((s) => s.name === sink)?.line.parts.lot ?? made.get(sink);
    if (!lot) {
      const limits = { maxRows: 0, maxBytes: MAX_PARKED_BYTES };
      lot = new ParkingLot(env.deps.store.sinkQueues, parkedName(ruleId, sink), limits, env.clock);
      made.set(sink, lot);
    }
    await lot.open();
    return lot;
  };
  const summary = (sink: string, e: ParkedEntry): ParkedSummary => ({ sink, ...e });

  const access: ParkedAccess = {
    async list() {
      const out: ParkedSummary[] = [];
      for (const sink of names) for (const e of (await lotOf(sink)).list()) out.push(summary(sink, e));
      return out;
    },
    async show(sink, id) {
      const row = await (await lotOf(sink)).get(id);
      if (!row) throw new GatewayError('PARKED_NOT_FOUND', { sink, id });
      const { data, dynamic, ...entry } = row;
      const target = dynamic === undefined ? {} : { target: maskValue(dynamic) as Record<string, unknown> };
      if (!(data instanceof Uint8Array)) return { ...summary(sink, entry), data, ...target };
      const text = textOf(data);
      if (text !== undefined) return { ...summary(sink, entry), data: text, ...target };
      return { ...summary(sink, entry), data: Buffer.from(data).toString('base64'), encoding: 'base64', ...target };
    },
    async retry(sink, id, force) {
      const lot = await lotOf(sink);
      if (!lot.entry(id)) throw new GatewayError('PARKED_NOT_FOUND', { sink, id });
      const running = live ? sinks.find((s) => s.name === sink) : undefined;
      if (!running) throw new GatewayError('PARKED_NOT_NOW', { sink, id, text: `rule ${ruleId} does not run` });
      await running.line.aside.retry(id, force);
    },
    async drop(sink, id) {
      if (!(await (await lotOf(sink)).remove(id))) throw new GatewayError('PARKED_NOT_FOUND', { sink, id });
    },
    async retryAll(force) {
      let delivered = 0;
      const failed: { sink: string; id: number; reason: string }[] = [];
      // one after the other, oldest first
      for (const { sink, id } of await access.list())
        try {
          await access.retry(sink, id, force);
          delivered++;
        } catch (error) {
          failed.push({ sink, id, reason: messageOf(error) });
        }
      return { delivered, failed };
    },
    async dropAll() {
      const list = await access.list();
      for (const { sink, id } of list) await access.drop(sink, id);
      return list.length;
    },
  };
  return access;
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined; // not UTF-8: shown as base64
  }
}
