// The gateway as a Modbus TCP server: rules give values that masters read, and masters write values that rules get.
import { defineConnector } from '../../../contract/connector.ts';
import { serverSinkOptions, serverSourceOptions } from './options.ts';
import { createModbusServerSink } from './sink.ts';
import { createModbusServerSource } from './source.ts';

export default defineConnector({
  name: 'modbusServer',
  source: {
    kind: 'source',
    name: 'modbusServer',
    payload: 'rows',
    shareable: true,
    options: serverSourceOptions,
    doc: 'What Modbus masters write to writable points of a profile. DATASOURCE names the profile when the conf key does not.',
    create: createModbusServerSource,
  },
  sink: {
    kind: 'sink',
    name: 'modbusServer',
    payload: 'rows',
    // later values replace earlier ones
    maxInFlight: 1,
    options: serverSinkOptions,
    doc: 'Columns become the points of the same names, which Modbus masters read.',
    create: createModbusServerSink,
  },
});
