// The connector suite on a serial port: a pty pair.
import { closeSync, constants, existsSync, openSync, writeSync } from 'node:fs';
import { createSerialSource } from '../../src/connectors/serial/source.ts';
import { createPtyPair } from '../helpers/pty-pair.ts';
import { connectorSuite } from './connector-suite.ts';

connectorSuite({
  name: 'serial',
  createSource: createSerialSource,
  acks: false,
  backMs: 3000,
  async createBench() {
    const pair = await createPtyPair();
    return {
      datasource: pair.a,
      props: { baudRate: 115200 },
      secrets: [],
      async say(text) {
        if (!existsSync(pair.b)) return;
        const fd = openSync(pair.b, constants.O_WRONLY | constants.O_NOCTTY);
        writeSync(fd, `${text}\n`);
        closeSync(fd);
      },
      lose: () => pair.unplug(),
      return: () => pair.plug(),
      close: () => pair.close(),
    };
  },
});
