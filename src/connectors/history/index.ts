// The box's own historian (src/history): a sink that keeps rows, and a lookup table that gives what was.
import { defineConnector } from '../../contract/connector.ts';
import { createHistoryLookup, lookupOptions } from './lookup.ts';
import { createHistorySink, sinkOptions } from './sink.ts';

export default defineConnector({
  name: 'history',
  sink: {
    kind: 'sink',
    name: 'history',
    payload: 'rows',
    maxInFlight: 10_000,
    // it waits for others to write with, and its disk is the one that a queue would use
    patience: 30,
    options: sinkOptions,
    doc: "Keeps rows in the box's own historian.",
    create: createHistorySink,
  },
  lookup: {
    kind: 'lookup',
    name: 'history',
    options: lookupOptions,
    doc: "Gives what the box's own historian has of an earlier moment; DATASOURCE is the series.",
    create: createHistoryLookup,
  },
});
