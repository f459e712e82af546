// Modbus TCP, RTU, RTU over TCP and ASCII: source, sink, lookup table, all over one scheduler per line.
import { defineConnector } from '../../contract/connector.ts';
import { createModbusLookup } from './lookup.ts';
import { sinkOptions, sourceOptions } from './options.ts';
import { createModbusSink } from './sink.ts';
import { createModbusSource } from './source.ts';

export default defineConnector({
  name: 'modbus',
  source: {
    kind: 'source',
    name: 'modbus',
    payload: 'rows',
    shareable: true,
    options: sourceOptions,
    doc: 'Reads devices by their profile. DATASOURCE names the profile when the conf key does not.',
    create: createModbusSource,
  },
  sink: {
    kind: 'sink',
    name: 'modbus',
    payload: 'rows',
    // writes reach the device in the order of the rows
    maxInFlight: 1,
    options: sinkOptions,
    doc: 'Writes columns to the points of the same names.',
    create: createModbusSink,
  },
  lookup: {
    kind: 'lookup',
    name: 'modbus',
    options: sourceOptions,
    doc: 'Reads a device at the moment of the join, by device or unit.',
    create: createModbusLookup,
  },
});
