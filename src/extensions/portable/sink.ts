// A sink of a portable plugin as the runtime sees it: the plugin listens, we push encoded results. With property requireAck each result waits for the
// plugin's answer; without it a result counts as delivered when the system has it, as in eKuiper, and may be lost with the plugin's process.
// Made by connector.ts.
import { rmSync } from 'node:fs';
import { answeredError, ioError } from '../../base/errors/gateway-error.ts';
import type { ConnectorContext } from '../../contract/context.ts';
import type { Props } from '../../contract/props.ts';
import type { Sink } from '../../contract/sink.ts';
import { metaOf, pathOf } from './meta.ts';
import type { PluginProcess, SymbolOwner } from './plugin-process.ts';
import { dialPush, type Listening, listenPull, type PushSocket } from './sp-socket.ts';

/** The plugin listens some moments after it has said ok. */
const DIAL_TRIES = 100;
const DIAL_PAUSE_MS = 50;
const ACK_LIMIT_MS = 10_000;

/** What it uses of the process. */
export type SinkProcess = Pick<PluginProcess, 'run' | 'end' | 'stopped'>;

export function createPortableSink(symbolName: string, processOf: () => SinkProcess, ackLimitMs = ACK_LIMIT_MS): Sink {
  let props: Props = {};
  let process: SinkProcess | undefined;
  let push: PushSocket | undefined;
  let acks: Listening | undefined;
  let owner: SymbolOwner | undefined;
  let paths: string[] = [];
  let awaited: { resolve: () => void; reject: (error: Error) => void } | undefined;

  const away = () => ioError('the portable plugin is not connected');
  const lost = (error: Error) => {
    push?.close();
    push = undefined;
    awaited?.reject(error);
    awaited = undefined;
  };
  const dial = async (ctx: ConnectorContext, of: SymbolOwner) => {
    for (let n = 1; ; n++) {
      try {
        const fresh: PushSocket = await dialPush(paths[0]!, () => {
          // an older one does not speak for the present one
          if (push !== fresh) return;
          lost(away());
          ctx.status('disconnected', 'the sink of the portable plugin has stopped');
          process?.stopped(of);
        });
        push?.close();
        push = fresh;
        return;
      } catch (error) {
        if (n === DIAL_TRIES) throw error;
        await ctx.clock.sleep(DIAL_PAUSE_MS, ctx.signal);
      }
    }
  };
  /** Answers of an older run must not be taken for those of the present one. */
  const listenForAcks = async () => {
    acks?.close();
    acks = await listenPull(paths[1]!, (message) => {
      const text = message.toString();
      const { error } = (text.startsWith('{') ? JSON.parse(text) : {}) as { error?: unknown };
      if (typeof error === 'string' && error !== '') awaited?.reject(answeredError(error));
      else awaited?.resolve();
      awaited = undefined;
    });
  };
  return {
    configure(given) {
      props = given;
    },
    async open(ctx, fail) {
      const meta = metaOf(ctx);
      paths = [pathOf(meta), pathOf(meta, '_ack')];
      process = processOf();
      await listenForAcks();
      const mine: SymbolOwner = {
        lost(error) {
          ctx.status('disconnected', error.message);
          lost(error);
        },
        prepare: listenForAcks,
        // results that wait for their next try need not wait longer
        back: () =>
          dial(ctx, mine).then(
            () => ctx.status('connected'),
            (error: unknown) => fail(error as Error),
          ),
      };
      owner = mine;
      await process.run({ symbolName, pluginType: 'sink', meta, config: props }, mine);
      await dial(ctx, mine);
      ctx.status('connected');
    },
    async collect(ctx, data) {
      if (!push) throw away();
      const content = typeof data === 'string' || data instanceof Uint8Array ? Buffer.from(data) : Buffer.from(JSON.stringify(data));
      if (props['requireAck'] !== true) return push.send(content);
      const ack = Promise.withResolvers<void>();
      awaited = ack;
      const timer = ctx.clock.setTimer(ackLimitMs, () => {
        ack.reject(ioError(`no ack of the plugin within ${ackLimitMs / 1000} s`));
        // its late answer would be taken for that of the next result
        lost(away());
        if (owner) process?.stopped(owner);
      });
      try {
        await push.send(content);
        await ack.promise;
      } finally {
        ctx.clock.clear(timer);
        awaited = undefined;
      }
    },
    async close() {
      const ending = owner;
      owner = undefined;
      lost(away());
      acks?.close();
      acks = undefined;
      if (ending) await process?.end(ending);
      for (const path of paths) rmSync(path, { force: true });
    },
  };
}
