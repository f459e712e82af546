// Property `mergeField` of push sources with an interval (connectors.md 0.1): the last message of each value of that field, all of them
// merged into one per interval; where they share other fields the latest wins. JSON only. Used by source-node.ts instead of downsample.ts.

import type { Clock, TimerHandle } from '../../base/clock.ts';
import { rawNumber } from '../../base/raw-json.ts';
import type { Emit } from '../../contract/source.ts';
import type { Meta } from '../../data/tuple.ts';
import type { Downsampler } from './downsample.ts';

type Data = Parameters<Emit>[0];

interface Kept {
  fields: Record<string, unknown>;
  meta: Meta | undefined;
  ack: (() => void) | undefined;
}

export function createFieldMerger(
  clock: Clock,
  intervalMs: number,
  field: string,
  forward: (data: Data, meta: Meta | undefined, ack: (() => void) | undefined) => void,
): Downsampler {
  /** By value of the field, the latest last. */
  let kept = new Map<string, Kept>();
  let timer: TimerHandle | undefined;
  const fire = () => {
    timer = undefined;
    if (kept.size === 0) return;
    const all = [...kept.values()];
    kept = new Map();
    timer = clock.setTimer(intervalMs, fire);
    const acks = all.flatMap((k) => k.ack ?? []);
    const ack = acks.length
      ? () => {
          for (const a of acks) a();
        }
      : undefined;
    forward(Buffer.from(JSON.stringify(Object.assign({}, ...all.map((k) => k.fields)))), all.at(-1)!.meta, ack);
  };
  return {
    put(data, meta, ack) {
      const fields = parse(data);
      // no object: it is counted where it cannot be decoded
      if (!fields) return forward(data, meta, ack);
      const key = JSON.stringify(fields[field]) ?? '';
      kept.get(key)?.ack?.();
      kept.delete(key);
      kept.set(key, { fields, meta, ack });
      timer ??= clock.setTimer(intervalMs, fire);
    },
    stop(release) {
      clock.clear(timer);
      timer = undefined;
      if (release) for (const k of kept.values()) k.ack?.();
      kept = new Map();
    },
  };
}

/** Numbers keep their spelling, so that the stream's own decoder sees what was sent. */
function parse(data: Data): Record<string, unknown> | undefined {
  if (typeof data !== 'string' && !(data instanceof Uint8Array)) return undefined;
  const { parse: read } = JSON as unknown as {
    parse(text: string, reviver: (key: string, value: unknown, context: { source: string }) => unknown): unknown;
  };
  try {
    const value = read(typeof data === 'string' ? data : Buffer.from(data).toString(), (_key, v, { source }) =>
      typeof v === 'number' ? rawNumber(source) : v,
    );
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined; // the decoder says what is wrong with it
  }
}
