// Actions influx and influx2: rows to InfluxDB 1, 2 and 3, VictoriaMetrics, QuestDB and others by line protocol over HTTP.
import { defineConnector } from '../../contract/connector.ts';
import type { OptionSpec } from '../../contract/props.ts';
import { influx1Options, influx2Options } from './options.ts';
import type { Version } from './server.ts';
import { createInfluxSink } from './sink.ts';

/** Items that may wait for one answer: they go out together. */
const IN_FLIGHT = 1000;

const define = (name: string, version: Version, options: readonly OptionSpec[], doc: string) =>
  defineConnector({
    name,
    sink: { kind: 'sink', name, payload: 'rows', maxInFlight: IN_FLIGHT, options, doc, create: () => createInfluxSink(version, options) },
  });

export const influx = define('influx', 1, influx1Options, 'Writes rows to InfluxDB 1 and what speaks its protocol.');
export const influx2 = define('influx2', 2, influx2Options, 'Writes rows to InfluxDB 2 or 3.');
