// Serial ports as source and sink. Port handling: ../port; frames: framing/; what a frame means: FORMAT or decode/.
import { createRealClock } from '../../base/clock.ts';
import { defineConnector } from '../../contract/connector.ts';
import { parseOptions } from '../../contract/props.ts';
import {
  checkSelector,
  findPort,
  isHeldByUs,
  isNetworkPort,
  openPort,
  PortLocks,
  type PortSelector,
  toLineSettings,
} from '../port/index.ts';
import { portOptions, sinkOptions, sourceOptions } from './options.ts';
import { createSerialSink } from './sink.ts';
import { createSerialSource } from './source.ts';

export default defineConnector({
  name: 'serial',
  source: {
    kind: 'source',
    name: 'serial',
    payload: 'bytes',
    shareable: true,
    options: sourceOptions,
    doc: 'Reads frames of a serial port. DATASOURCE is the port when the property port is not given: a path, by-id:NAME or by-path:NAME.',
    create: createSerialSource,
  },
  sink: {
    kind: 'sink',
    name: 'serial',
    payload: 'bytes',
    maxInFlight: 1,
    options: sinkOptions,
    doc: 'Writes results to a serial port, framed.',
    create: createSerialSink,
  },
  connection: {
    options: portOptions,
    async test(props) {
      const p = parseOptions('serial connection', portOptions, props);
      checkSelector(p as PortSelector);
      const selector: PortSelector = {
        port: p['port'],
        vendorId: p['vendorId'],
        productId: p['productId'],
        serialNumber: p['serialNumber'],
      };
      const line = toLineSettings(p);
      const found = isNetworkPort(selector.port) ? '' : findPort(selector);
      // a stream or sink of this gateway has it open: it works, and trying it would disturb it
      if (typeof found !== 'string' && isHeldByUs(found.device)) return;
      const port = await openPort({
        selector,
        line,
        owner: 'connection test',
        locks: new PortLocks(),
        clock: createRealClock(),
      });
      await port.close();
    },
  },
});
