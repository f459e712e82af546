// Source httppush: clients POST or PUT their data to a path of the data server. The answer is 200 when every rule has the message where it
// cannot get lost; a message that waits in a window is answered with 202 after `confirmTimeout`, so that nobody waits for a checkpoint.
import type { TimerHandle } from '../../base/clock.ts';
import { defineConnector } from '../../contract/connector.ts';
import type { ConnectorContext } from '../../contract/context.ts';
import { MAX_BUFFER_ROWS, type OptionSpec, parseOptions } from '../../contract/props.ts';
import type { Emit, Fail, Source } from '../../contract/source.ts';
import { PushEndpoint } from './endpoint.ts';

const options: readonly OptionSpec[] = [
  {
    name: 'method',
    type: 'string',
    default: 'POST',
    doc: 'POST or PUT, in capitals.',
  },
  {
    name: 'confirmTimeout',
    as: 'confirmMs',
    type: 'duration',
    default: 200,
    min: 0,
    doc: 'Longest wait for the rules before the client gets 202 instead of 200; 0 = 200 at once, as eKuiper.',
  },
  {
    name: 'maxBodySize',
    as: 'maxBodyBytes',
    type: 'int',
    default: 16_777_216,
    min: 1,
    max: 134_217_728,
    doc: 'Largest body in bytes.',
    advanced: true,
  },
  {
    name: 'bufferLength',
    type: 'int',
    default: 1024,
    min: 0,
    max: MAX_BUFFER_ROWS,
    doc: 'Accepted for eKuiper compatibility: clients wait instead.',
    advanced: true,
  },
];

interface PushProps {
  method: string;
  confirmMs: number;
  maxBodyBytes: number;
}

function createHttpPushSource(): Source {
  let path = '';
  let props: PushProps;
  let leave: (() => void) | undefined;
  let endpoint: Promise<unknown> | undefined;

  return {
    configure(datasource, raw) {
      props = parseOptions<PushProps>('httppush source', options, raw);
      if (!['POST', 'PUT'].includes(props.method)) throw new Error(`method ${props.method} is not supported, must be POST or PUT`);
      path = datasource;
      if (!path.startsWith('/')) throw new Error('property `endpoint` must start with /');
      if (/[?#*]/.test(path)) throw new Error(`the path "${path}" must not hold ?, # or *`);
    },
    async open(ctx: ConnectorContext, emit: Emit, _fail: Fail) {
      const server = ctx.dataServer;
      if (!server) throw new Error('this gateway was started without a data server');
      const shared = ctx.connections.acquire('httppush', path, () => new PushEndpoint(server, path));
      const joining = shared.join({ method: props.method, maxBodyBytes: props.maxBodyBytes, take: (body) => take(ctx, emit, body) });
      endpoint = joining;
      try {
        leave = await joining;
      } catch (error) {
        endpoint = undefined;
        await ctx.connections.release('httppush', path);
        throw error;
      }
      ctx.status('connected');
    },
    async close(ctx) {
      if (!endpoint) return;
      endpoint = undefined;
      leave?.();
      leave = undefined;
      await ctx.connections.release('httppush', path);
    },
  };

  function take(ctx: ConnectorContext, emit: Emit, body: Buffer): Promise<'safe' | 'taken'> {
    return new Promise((resolve) => {
      if (props.confirmMs === 0) {
        // rules that are behind keep the client waiting all the same
        void Promise.resolve(emit(body)).then(() => resolve('safe'));
        return;
      }
      let safe = false;
      let timer: TimerHandle | undefined;
      const wait = emit(body, undefined, () => {
        safe = true;
        ctx.clock.clear(timer);
        resolve('safe');
      });
      if (!safe) timer = ctx.clock.setTimer(props.confirmMs, () => void Promise.resolve(wait).then(() => resolve('taken')));
    });
  }
}

export default defineConnector({
  name: 'httppush',
  source: {
    kind: 'source',
    name: 'httppush',
    payload: 'bytes',
    shareable: true,
    options,
    doc: 'HTTP endpoint that clients push data to.',
    create: createHttpPushSource,
  },
});
