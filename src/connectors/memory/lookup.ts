// Memory lookup table: one row per key value, filled from an in-process topic; last row wins. It holds so many rows and no more: the row that was written
// longest ago goes, is counted, and health of the rules that join the table says so.
import { shownValue } from '../../base/shown.ts';
import { type OptionSpec, parseOptions } from '../../contract/props.ts';
import type { LookupSource } from '../../contract/source.ts';
import { deepEqual } from '../../data/compare.ts';
import type { Row, Value } from '../../data/value.ts';
import { MemoryBus, topicMatcher } from './bus.ts';

export const memoryLookupOptions: readonly OptionSpec[] = [
  {
    name: 'maxRows',
    type: 'int',
    default: 100_000,
    min: 1,
    max: 10_000_000,
    doc: 'Rows that the table holds. When there are more, the row that was written longest ago goes, and health tells of it.',
  },
];

export function createMemoryLookup(): LookupSource {
  let topic = '';
  let key = '';
  let maxRows = 0;
  let leave: (() => void) | undefined;
  const rows = new Map<string, Row>();
  return {
    configure(datasource, props) {
      topic = datasource;
      key = String(props['key'] ?? '');
      if (!key) throw new Error('key is required for lookup source');
      topicMatcher(topic);
      ({ maxRows } = parseOptions<{ maxRows: number }>('memory table', memoryLookupOptions, props));
    },
    open(ctx) {
      const bus = ctx.connections.acquire('memory', 'bus', () => new MemoryBus());
      leave = bus.subscribe({
        topic,
        matches: topicMatcher(topic),
        onRow(row, _topic, kind, keyField, done) {
          const value = row[keyField ?? key];
          if (value !== undefined && value !== null) {
            const text = keyText(value);
            // written last stands last
            rows.delete(text);
            if (kind !== 'delete') rows.set(text, row);
            if (rows.size > maxRows) {
              for (const oldest of rows.keys()) {
                rows.delete(oldest);
                break;
              }
              ctx.dropped(1, `more than ${maxRows} keys (maxRows): the row that was written longest ago went`);
            }
          } else ctx.dropped(1, `row without key ${keyField ?? key}`);
          done();
        },
      });
    },
    lookup(_ctx, fields, keys, values) {
      const hit = keys.length === 1 && keys[0] === key ? rows.get(keyText(values[0] as Value)) : undefined;
      const found =
        keys.length === 1 && keys[0] === key
          ? hit
            ? [hit]
            : []
          : [...rows.values()].filter((r) => keys.every((k, i) => deepEqual(r[k], values[i] as Value)));
      return fields.length === 0
        ? found
        : found.map((r) => Object.fromEntries(fields.filter((f) => r[f] !== undefined).map((f) => [f, r[f]])));
    },
    close(ctx) {
      if (!leave) return;
      leave();
      leave = undefined;
      rows.clear();
      ctx.connections.release('memory', 'bus');
    },
  };
}

/** Keys compare with their type: int64 1 and float64 1 are two keys, as in eKuiper. */
const keyText = (v: Value): string => (typeof v === 'object' && v !== null ? `o${shownValue(v)}` : `${typeof v}:${String(v)}`);
