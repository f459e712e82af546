// A lookup source plugin (`<Symbol>Lookup`) as the runtime sees it.
import type { ComponentContext } from '../../contract/context.ts';
import type { LookupSource } from '../../contract/source.ts';
import type { Row } from '../../data/value.ts';
import { fromPlugin, toPlugin } from './plugin-values.ts';
import { RemoteInstance, type RemotePlugin } from './remote-instance.ts';

export function createRemoteLookup(plugin: RemotePlugin): LookupSource<ComponentContext> {
  let context: ComponentContext | undefined;
  const instance = new RemoteInstance(plugin, 'lookup', { emitted: () => undefined, lost: () => undefined });
  return {
    configure: (datasource, props) => instance.configure([datasource, props]),
    open(ctx) {
      context = ctx;
      return instance.open(ctx);
    },
    async lookup(_ctx, fields, keys, values) {
      let rows: unknown;
      try {
        rows = await instance.call('lookup', [fields, keys, toPlugin(values)]);
      } catch (error) {
        if ((error as { code?: unknown }).code !== 'PLUGIN_STALLED' || !context) throw error;
        // its worker ended: once more with a new one
        await instance.open(context);
        rows = await instance.call('lookup', [fields, keys, toPlugin(values)]);
      }
      if (rows === undefined || rows === null) return [];
      return fromPlugin(Array.isArray(rows) ? rows : [rows]) as unknown as Row[];
    },
    close: () => instance.close(undefined),
  };
}
