// Unary calls of gRPC over HTTP/2: one connection, opened at the first call and again when it was lost. @source github.com/grpc/grpc PROTOCOL-HTTP2. Used by
// grpc-caller.ts.
import { type ClientHttp2Session, connect, constants, type IncomingHttpHeaders } from 'node:http2';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Clock } from '../../base/clock.ts';
import { ioError, messageOf } from '../../base/errors/gateway-error.ts';
import { checkLiteralHost, guardedLookup } from '../../base/net-guard.ts';
import { withCure, withHint } from '../../connectors/http-shared/client.ts';

/** As the libraries of gRPC have it. */
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;
const HEAD_BYTES = 5;

/** @source google.golang.org/grpc/codes */
const CODES = [
  'OK',
  'Canceled',
  'Unknown',
  'InvalidArgument',
  'DeadlineExceeded',
  'NotFound',
  'AlreadyExists',
  'PermissionDenied',
  'ResourceExhausted',
  'FailedPrecondition',
  'Aborted',
  'OutOfRange',
  'Unimplemented',
  'Internal',
  'Unavailable',
  'DataLoss',
  'Unauthenticated',
];

export interface GrpcChannel {
  /** @throws Error `rpc error: code = X desc = Y`; ioError when the peer is away or slow */
  unary(path: string, message: Uint8Array, headers: Readonly<Record<string, string>>, limitMs: number): Promise<Buffer>;
  close(): void;
}

export interface ChannelSpec {
  host: string;
  port: number;
  secure: boolean;
  insecureSkipVerify: boolean;
  clock: Clock;
  privateNet: () => boolean;
}

export function createGrpcChannel(spec: ChannelSpec): GrpcChannel {
  const { host, port, clock } = spec;
  const place = `${host}:${port}`;
  let session: Promise<ClientHttp2Session> | undefined;
  let closed = false;

  const open = (limitMs: number): Promise<ClientHttp2Session> => {
    const guarded = !spec.privateNet();
    if (guarded) withCure(() => checkLiteralHost(host));
    const target = { host: host.replace(/^\[|\]$/g, ''), port, ...(guarded && { lookup: guardedLookup }) };
    return new Promise((resolve, reject) => {
      const socket: Socket = spec.secure
        ? connectTls({ ...target, servername: target.host, ALPNProtocols: ['h2'], rejectUnauthorized: !spec.insecureSkipVerify })
        : connectTcp(target);
      const timer = clock.setTimer(limitMs, () => socket.destroy(new Error(`connect to ${place} timeout`)));
      socket.once('error', (error) => {
        clock.clear(timer);
        reject(
          /is in internal network/.test(error.message) ? withHint(error) : ioError(`connect to ${place} error: ${messageOf(error)}`, error),
        );
      });
      socket.once(spec.secure ? 'secureConnect' : 'connect', () => {
        clock.clear(timer);
        const made = connect(`${spec.secure ? 'https' : 'http'}://${place}`, { createConnection: () => socket });
        // a call that is under way hears of it by its stream
        made.on('error', () => undefined);
        resolve(made);
      });
    });
  };
  const sessionOf = (limitMs: number): Promise<ClientHttp2Session> => {
    if (closed) return Promise.reject(ioError('the service was removed'));
    if (session) return session;
    const opening = open(limitMs);
    session = opening;
    const forget = () => {
      if (session === opening) session = undefined;
    };
    opening.then((made) => made.once('close', forget).once('goaway', forget), forget);
    return opening;
  };

  return {
    async unary(path, message, headers, limitMs) {
      const made = await sessionOf(limitMs);
      return new Promise((resolve, reject) => {
        const head = Buffer.alloc(HEAD_BYTES);
        head.writeUInt32BE(message.length, 1);
        const stream = made.request({
          ...headers,
          [constants.HTTP2_HEADER_METHOD]: 'POST',
          [constants.HTTP2_HEADER_PATH]: path,
          'content-type': 'application/grpc',
          te: 'trailers',
          'grpc-timeout': `${limitMs}m`,
        });
        const chunks: Buffer[] = [];
        let bytes = 0;
        let status: Error | undefined;
        let answered = false;
        const timer = clock.setTimer(limitMs, () => {
          status ??= ioError(`invoke ${path} timeout`);
          stream.close(constants.NGHTTP2_CANCEL);
        });
        const take = (given: IncomingHttpHeaders) => {
          if (given['grpc-status'] === undefined) return;
          answered = true;
          status ??= statusOf(given);
        };
        stream.on('response', (given) => {
          const http = given[':status'];
          if (http !== 200) status ??= ioError(`${place} answers ${http} and does not speak gRPC`);
          take(given);
        });
        stream.on('trailers', take);
        stream.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          chunks.push(chunk);
          if (bytes <= MAX_MESSAGE_BYTES + HEAD_BYTES) return;
          status ??= new Error(`the answer is larger than ${MAX_MESSAGE_BYTES} bytes`);
          stream.close(constants.NGHTTP2_CANCEL);
        });
        stream.on('error', (error) => {
          status ??= ioError(`invoke ${path} error: ${messageOf(error)}`, error);
        });
        stream.on('close', () => {
          clock.clear(timer);
          if (!answered) status ??= ioError(`invoke ${path} error: the connection was lost`);
          if (status) return reject(status);
          const whole = Buffer.concat(chunks);
          const size = whole.length >= HEAD_BYTES ? whole.readUInt32BE(1) : -1;
          if (whole[0] !== 0 || size !== whole.length - HEAD_BYTES)
            return reject(new Error(`the answer of ${path} is not a message of gRPC`));
          resolve(whole.subarray(HEAD_BYTES));
        });
        stream.end(Buffer.concat([head, message]));
      });
    },
    close() {
      closed = true;
      void session?.then((s) => s.destroy()).catch(() => undefined);
      session = undefined;
    },
  };
}

/** @returns undefined for OK */
function statusOf(headers: IncomingHttpHeaders): Error | undefined {
  const code = Number(headers['grpc-status']);
  if (code === 0) return undefined;
  const text = String(headers['grpc-message'] ?? '');
  let shown = text;
  try {
    shown = decodeURIComponent(text);
  } catch {
    // a peer that does not encode it
  }
  const error = `rpc error: code = ${CODES[code] ?? code} desc = ${shown}`;
  // the peer itself says that another try may help
  return CODES[code] === 'Unavailable' ? ioError(error) : new Error(error);
}
