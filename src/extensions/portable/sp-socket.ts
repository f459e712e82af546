// The SP protocols of nanomsg over Unix sockets, as far as eKuiper's portable plugins speak them: REP and PULL, which listen, and PUSH, which dials.
// Requests carry a stack of 4-byte ids in front that the answer gives back. Used by plugin-process.ts and the symbols beside it; the bytes on the
// wire: connectors/net-shared/sp-wire.ts.
import { rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { ioError } from '../../base/errors/gateway-error.ts';
import { frameOf, helloOf, type Protocol, SpReader } from '../../connectors/net-shared/sp-wire.ts';

/** The last id of a request's stack has this bit. */
const LAST_ID = 0x80;
const MAX_IDS = 8;

export interface Listening {
  close(): void;
}

function listen(
  path: string,
  own: Protocol,
  peer: Protocol,
  onSocket: (socket: Socket, reader: () => SpReader) => (message: Buffer) => void,
): Promise<Listening> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // what is wrong with it ends it: `close` follows
    socket.on('error', () => undefined);
    const onMessage = onSocket(socket, () => reader);
    const reader = new SpReader(peer, 'ipc', onMessage);
    socket.on('data', (chunk: Buffer) => {
      try {
        reader.take(chunk);
      } catch (error) {
        socket.destroy(error as Error);
      }
    });
    socket.write(helloOf(own));
  });
  return new Promise((resolve, reject) => {
    // a socket that an earlier process left
    rmSync(path, { force: true });
    server.once('error', (error) => reject(ioError(`cannot listen on ${path}: ${error.message}`, error)));
    server.listen(path, () => {
      server.on('error', () => undefined);
      resolve({
        close() {
          server.close();
          for (const s of sockets) s.destroy();
        },
      });
    });
  });
}

/** Takes what peers push. While promises that `take` gave are open nothing more is read; what was read before is taken all the same.
 *  @param gone the last peer that named its protocol has closed its connection */
export function listenPull(path: string, take: (message: Buffer) => void | Promise<void>, gone?: () => void): Promise<Listening> {
  let closed = false;
  let peers = 0;
  return listen(path, 'pull', 'push', (socket, reader) => {
    let open = 0;
    peers++;
    socket.on('close', () => {
      peers--;
      if (peers === 0 && reader().greeted && !closed) gone?.();
    });
    return (message) => {
      const wait = take(message);
      if (wait === undefined) return;
      if (open++ === 0) socket.pause();
      void wait.then(() => {
        if (--open === 0) socket.resume();
      });
    };
  }).then((listening) => ({
    close() {
      closed = true;
      listening.close();
    },
  }));
}

export interface RepSocket extends Listening {
  /** The peer has asked and waits for what is to be done. */
  readonly waits: boolean;
  /** @returns false when no peer waits */
  answer(content: Uint8Array): boolean;
}

/** Takes requests; the newest of them gets the answer. @param gone the peer that asked last has gone */
export async function listenRep(path: string, onRequest: (content: Buffer) => void, gone: () => void): Promise<RepSocket> {
  let waiting: { socket: Socket; ids: Buffer } | undefined;
  let last: Socket | undefined;
  const listening = await listen(path, 'rep', 'req', (socket) => {
    socket.on('close', () => {
      if (waiting?.socket === socket) waiting = undefined;
      if (last !== socket) return;
      last = undefined;
      gone();
    });
    return (message) => {
      let end = 0;
      for (let n = 0; ; n++) {
        if (n === MAX_IDS || message.length < end + 4) return; // no request
        end += 4;
        if (message[end - 4]! & LAST_ID) break;
      }
      last = socket;
      waiting = { socket, ids: message.subarray(0, end) };
      onRequest(message.subarray(end));
    };
  });
  return {
    close: listening.close,
    get waits() {
      return waiting !== undefined;
    },
    answer(content) {
      if (!waiting) return false;
      const { socket, ids } = waiting;
      waiting = undefined;
      socket.write(frameOf('ipc', ids, content));
      return true;
    },
  };
}

export interface PushSocket {
  /** Resolves when the system has the message. @throws ioError when the peer is gone */
  send(content: Uint8Array): Promise<void>;
  close(): void;
}

/** @param lost the peer has gone  @throws ioError when nobody listens */
export function dialPush(path: string, lost: () => void): Promise<PushSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    let open = false;
    let closed = false;
    const reader = new SpReader('pull', 'ipc', () => undefined);
    socket.on('error', (error) => {
      if (!open) reject(ioError(`cannot reach the plugin at ${path}: ${error.message}`, error));
    });
    socket.on('close', () => {
      if (open && !closed) lost();
      else reject(ioError(`the plugin at ${path} closed the connection`));
      open = false;
    });
    socket.on('data', (chunk: Buffer) => {
      try {
        reader.take(chunk);
      } catch (error) {
        socket.destroy(error as Error);
        return;
      }
      if (open || !reader.greeted) return;
      open = true;
      resolve({
        send: (content) =>
          new Promise((sent, failed) => {
            if (!open) return failed(ioError('the plugin is gone'));
            socket.write(frameOf('ipc', content), (error) =>
              error ? failed(ioError(`the plugin is gone: ${error.message}`, error)) : sent(),
            );
          }),
        close() {
          closed = true;
          socket.destroy();
        },
      });
    });
    socket.write(helloOf('push'));
  });
}
