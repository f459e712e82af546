// The open answer of an event stream as routes see it. Called by server.ts.
import type { ServerResponse } from 'node:http';
import type { ReplyOut } from './reply.ts';

export function outOf(response: ServerResponse): ReplyOut {
  response.flushHeaders();
  return {
    write: (text) => void (response.destroyed || response.write(text)),
    behind: () => response.writableNeedDrain,
    end: () => void response.end(),
    onClose(listener) {
      // it may have gone before anybody listened
      if (response.destroyed) listener();
      else response.once('close', listener);
    },
  };
}
