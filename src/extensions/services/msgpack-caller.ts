// Methods over MessagePack-RPC on TCP: [0, id, method, arguments] and [1, id, error, result]. One connection, opened at the first call and again when it was
// lost. @source github.com/msgpack-rpc/msgpack-rpc spec.md. Made by services.ts.
import { connect, type Socket } from 'node:net';
import { ioError, messageOf } from '../../base/errors/gateway-error.ts';
import { checkLiteralHost, guardedLookup } from '../../base/net-guard.ts';
import { withCure, withHint } from '../../connectors/http-shared/client.ts';
import type { Value } from '../../data/value.ts';
import { CALL_LIMIT_MS, type Caller, type CallerDeps } from './caller.ts';
import { decodeMsgpack, encodeMsgpack, Incomplete } from './msgpack.ts';
import { fieldsOfArguments, valueOfAnswer } from './values.ts';

const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
const MAX_ID = 0xffff_ffff;

interface Connection {
  ask(name: string, args: readonly unknown[]): Promise<Value>;
  close(): void;
}

export function createMsgpackCaller({ of, clock, privateNet }: CallerDeps): Caller {
  const { hostname, port } = of.address;
  const place = `${hostname}:${port}`;
  let connection: Promise<Connection> | undefined;
  let closed = false;

  const open = (lost: () => void): Promise<Connection> => {
    const guarded = !privateNet();
    if (guarded) withCure(() => checkLiteralHost(hostname));
    return new Promise((resolve, reject) => {
      const socket: Socket = connect({
        host: hostname.replace(/^\[|\]$/g, ''),
        port: Number(port),
        ...(guarded && { lookup: guardedLookup }),
      });
      const waiting = new Map<number, { resolve: (v: Value) => void; reject: (e: Error) => void }>();
      let ids = 0;
      let rest: Buffer = Buffer.alloc(0);
      let why = 'the connection was lost';
      const timer = clock.setTimer(CALL_LIMIT_MS, () => socket.destroy(new Error(`connect to ${place} timeout`)));
      socket.on('error', (error) => {
        why = messageOf(error);
        reject(
          /is in internal network/.test(error.message) ? withHint(error) : ioError(`connect to ${place} error: ${messageOf(error)}`, error),
        );
      });
      socket.on('close', () => {
        clock.clear(timer);
        lost();
        for (const w of waiting.values()) w.reject(ioError(`${place}: ${why}`));
        waiting.clear();
      });
      socket.on('data', (chunk: Buffer) => {
        rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
        try {
          for (;;) {
            const { value, end } = decodeMsgpack(rest);
            rest = rest.subarray(end);
            take(value);
            if (rest.length === 0) return;
          }
        } catch (error) {
          if (!(error instanceof Incomplete)) socket.destroy(error instanceof Error ? error : new Error(String(error)));
          else if (rest.length > MAX_ANSWER_BYTES) socket.destroy(new Error(`the answer is larger than ${MAX_ANSWER_BYTES} bytes`));
        }
      });
      const take = (message: Value) => {
        // notifications and requests of the peer are nobody's here
        if (!Array.isArray(message) || message[0] !== 1n || message.length !== 4) return;
        const id = Number(message[1]);
        const asked = waiting.get(id);
        waiting.delete(id);
        const [, , error = null, result = null] = message;
        if (error === null) asked?.resolve(result);
        else
          asked?.reject(
            new Error(
              typeof error === 'string' ? error : JSON.stringify(error, (_k, v: unknown) => (typeof v === 'bigint' ? Number(v) : v)),
            ),
          );
      };
      socket.once('connect', () => {
        clock.clear(timer);
        resolve({
          ask(name, args) {
            const id = ids;
            ids = ids === MAX_ID ? 0 : ids + 1;
            return new Promise((answered, failed) => {
              const limit = clock.setTimer(CALL_LIMIT_MS, () => {
                waiting.delete(id);
                failed(ioError(`invoke ${name} timeout`));
              });
              waiting.set(id, {
                resolve(v) {
                  clock.clear(limit);
                  answered(v);
                },
                reject(e) {
                  clock.clear(limit);
                  failed(e);
                },
              });
              socket.write(encodeMsgpack([0n, BigInt(id), name, args]));
            });
          },
          close: () => socket.destroy(),
        });
      });
    });
  };
  const connected = (): Promise<Connection> => {
    if (closed) return Promise.reject(ioError('the service was removed'));
    if (connection) return connection;
    const opening: Promise<Connection> = open(() => {
      if (connection === opening) connection = undefined;
    });
    connection = opening;
    opening.catch(() => {
      if (connection === opening) connection = undefined;
    });
    return opening;
  };
  return {
    async call(method, args) {
      if (!method) throw new Error('msgpack-rpc needs a schema');
      const fields = fieldsOfArguments(method, args);
      // in the order of the file, and nothing for what is not given
      const list = method.input.fieldsArray.map((f) => fields[f.name]);
      const result = await (await connected()).ask(method.name, list);
      return valueOfAnswer(method.output, result, 'sameKind');
    },
    close() {
      closed = true;
      void connection?.then((c) => c.close()).catch(() => undefined);
      connection = undefined;
    },
  };
}
