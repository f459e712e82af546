// A data server on any free port of loopback that lets everybody in.
import { createDataServer, type DataServer } from '../../src/base/data-server.ts';

export const testDataServer = (): DataServer =>
  createDataServer({ address: () => ({ ip: '127.0.0.1', port: 0 }), check: () => undefined, refuse: () => undefined });
