// A sink plugin as the runtime sees it. An error of `collect` with `retriable: true` says that the plugin's peer is away, one with `retriable:
// false` that the row can never succeed. Any other is a failure on this row: it is tried again, and set aside when others are taken.
import type { ComponentContext } from '../../contract/context.ts';
import type { Sink } from '../../contract/sink.ts';
import { toPlugin } from './plugin-values.ts';
import { RemoteInstance, type RemotePlugin } from './remote-instance.ts';

export function createRemoteSink(plugin: RemotePlugin): Sink<ComponentContext> {
  let fail: ((error: Error) => void) | undefined;
  const instance = new RemoteInstance(plugin, 'main', {
    emitted: () => undefined,
    lost: (error) => fail?.(error),
  });
  return {
    configure: (props) => instance.configure([props]),
    async open(ctx, failTo) {
      fail = failTo;
      await instance.open(ctx);
    },
    async collect(_ctx, data, dynamic) {
      try {
        await instance.call('collect', dynamic === undefined ? [toPlugin(data)] : [toPlugin(data), toPlugin(dynamic)]);
      } catch (error) {
        const e = error as Error & { code?: unknown; retriable?: boolean; answered?: boolean };
        // a worker that ended, stalls or is replaced has answered nothing
        const own = instance.isOpen && e.code !== 'PLUGIN_STALLED';
        if (own && e.retriable === undefined) e.answered = true;
        e.retriable ??= true;
        throw e;
      }
    },
    async close() {
      fail = undefined;
      await instance.close(undefined);
    },
  };
}
