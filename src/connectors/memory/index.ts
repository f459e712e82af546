// In-process topics: source, sink, lookup table.
import { defineConnector } from '../../contract/connector.ts';
import { rowKeys } from '../replaces.ts';
import { createMemoryLookup, memoryLookupOptions } from './lookup.ts';
import { createMemorySink, memorySinkOptions } from './sink.ts';
import { createMemorySource } from './source.ts';

export default defineConnector({
  name: 'memory',
  source: {
    kind: 'source',
    name: 'memory',
    payload: 'rows',
    shareable: true,
    options: [],
    doc: 'Reads an in-process topic; DATASOURCE is the topic, + and # as in MQTT.',
    create: createMemorySource,
  },
  sink: {
    kind: 'sink',
    name: 'memory',
    payload: 'rows',
    maxInFlight: 1000,
    patient: true,
    resendProperty: 'topic',
    replaces({ keyField, topic }) {
      if (typeof keyField !== 'string' || !keyField) return undefined;
      return (data, dynamic) => rowKeys(data, keyField, String(dynamic?.['topic'] ?? topic));
    },
    options: memorySinkOptions,
    doc: 'Publishes rows on an in-process topic.',
    create: createMemorySink,
  },
  lookup: {
    kind: 'lookup',
    name: 'memory',
    options: memoryLookupOptions,
    doc: 'Lookup table filled from an in-process topic; the stream option KEY names the key.',
    create: createMemoryLookup,
  },
});
