// Source zmq: a SUB socket that connects to a publisher and takes what begins with the topic. There are no confirmations: what is published while the
// connection is away is lost, as ZeroMQ has it; what comes faster than the rules take it waits in a bound (batch-shared/overflow.ts).
import { connect } from 'node:net';
import { ioError, messageOf } from '../../base/errors/gateway-error.ts';
import { parseOptions } from '../../contract/props.ts';
import type { Source } from '../../contract/source.ts';
import { Overflow } from '../batch-shared/overflow.ts';
import { checkHost, connectError, guardOf } from '../net-shared/destination.ts';
import { type Endpoint, endpointOf, shownEndpoint } from '../net-shared/endpoint.ts';
import { sourceOptions, type ZmqProps } from './options.ts';
import { ZmtpConnection } from './zmtp.ts';

const CONNECT_TIMEOUT_MS = 5_000;
/** A publisher that is gone without a word is noticed after two unanswered pings. */
const PING_MS = 10_000;
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

export function createZmqSource(): Source {
  let topic = '';
  let endpoint: Endpoint;
  let end: (() => void) | undefined;
  return {
    configure(datasource, raw) {
      endpoint = endpointOf(parseOptions<ZmqProps>('zmq source', sourceOptions, raw).server, 'server');
      topic = datasource;
    },
    reads: () => ({ peer: shownEndpoint(endpoint), what: topic === '' ? 'all messages' : `messages that begin with ${topic}` }),
    async open(ctx, emit, fail) {
      const where = `zmq ${shownEndpoint(endpoint)}`;
      if ('host' in endpoint) checkHost(ctx, endpoint.host);
      const inbox = new Overflow(ctx, emit);
      await new Promise<void>((resolve, reject) => {
        const socket = connect({ ...endpoint, ...guardOf(ctx), noDelay: true });
        let ready = false;
        let heard = 0;
        let asked = 0;
        let timer = ctx.clock.setTimer(CONNECT_TIMEOUT_MS, () => ended(new Error(`no answer within ${CONNECT_TIMEOUT_MS / 1000} s`)));
        const ended = (error: Error) => {
          end?.();
          if (ready) fail(ioError(`${where}: ${messageOf(error)}`, error));
          else reject(connectError(where, error));
        };
        const beat = () => {
          if (heard < asked) return ended(new Error('the publisher no longer answers'));
          asked = heard + 1;
          peer.ping(PING_MS * 3);
          timer = ctx.clock.setTimer(PING_MS * 2, beat);
        };
        const peer = new ZmtpConnection(socket, 'SUB', MAX_MESSAGE_BYTES, {
          ready() {
            ready = true;
            ctx.clock.clear(timer);
            peer.subscribe(topic);
            if (peer.hasHeartbeats) timer = ctx.clock.setTimer(PING_MS, beat);
            resolve();
          },
          message(parts) {
            const named = topic !== '' && parts.length > 1;
            const [first] = parts;
            inbox.push(Buffer.concat(named ? parts.slice(1) : parts), named && first ? { topic: first.toString() } : {});
          },
          subscribed: () => undefined,
          ended,
        });
        socket.on('data', () => {
          heard = asked;
        });
        end = () => {
          end = undefined;
          ctx.clock.clear(timer);
          peer.destroy();
          inbox.close();
        };
      });
      ctx.status('connected');
    },
    close: () => end?.(),
  };
}
