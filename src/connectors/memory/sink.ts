// Memory sink: publishes rows on an in-process topic, for rules that read it and for memory lookup tables.
import { type OptionSpec, parseOptions } from '../../contract/props.ts';
import type { Sink } from '../../contract/sink.ts';
import type { Row } from '../../data/value.ts';
import { createVetting, type Vet } from '../../templates/rendered/index.ts';
import { MemoryBus, type RowKind } from './bus.ts';

export const memorySinkOptions: readonly OptionSpec[] = [
  { name: 'topic', type: 'string', default: '', dynamic: 'memory-topic', doc: 'Topic; may hold a template, no wildcards.' },
  { name: 'rowkindField', type: 'string', default: '', doc: 'Field that says insert, update, upsert or delete (for lookup tables).' },
  { name: 'keyField', type: 'string', default: '', doc: 'Key field of the row; needed with rowkindField.' },
];

const kinds = new Set(['insert', 'update', 'upsert', 'delete']);

export function createMemorySink(): Sink {
  let topic = '';
  let rowkindField = '';
  let keyField = '';
  let bus: MemoryBus | undefined;
  let vet: Vet;
  const kindOf = (row: Row): RowKind => {
    if (!rowkindField) return 'insert';
    const kind = row[rowkindField];
    if (kind === undefined || kind === null) return 'upsert';
    if (typeof kind !== 'string' || !kinds.has(kind)) throw new Error(`invalid rowkind ${String(kind)}`);
    return kind as RowKind;
  };
  return {
    configure(raw) {
      ({ topic, rowkindField, keyField } = parseOptions('memory sink', memorySinkOptions, raw));
      vet = createVetting(memorySinkOptions, raw);
      if (!topic.includes('{{') && /[#+]/.test(topic)) throw new Error(`invalid memory topic ${topic}: wildcard found`);
      if (rowkindField && !keyField) throw new Error('keyField is required when rowkindField is set');
    },
    open(ctx) {
      // eKuiper takes such a rule and fails when it starts
      if (!topic) throw new Error('property topic is required');
      bus = ctx.connections.acquire('memory', 'bus', () => new MemoryBus());
      ctx.status('connected');
    },
    collect(_ctx, data, dynamic) {
      const to = (vet(dynamic)['topic'] as string | undefined) ?? topic;
      return bus!.publish(to, Array.isArray(data) ? data : [data as Row], kindOf, keyField || undefined);
    },
    close(ctx) {
      if (!bus) return;
      bus = undefined;
      ctx.connections.release('memory', 'bus');
    },
  };
}
