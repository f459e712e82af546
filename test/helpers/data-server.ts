// A data server on any free port of loopback that lets everybody in.
import { createDataServer, type DataServer } from '../../src/base/data-server.ts';

/** @param mayWrite false: every caller is one of role viewer */
export const testDataServer = (mayWrite = true): DataServer =>
  createDataServer({ address: () => ({ ip: '127.0.0.1', port: 0 }), check: () => undefined, admit: () => ({ mayWrite }) });
