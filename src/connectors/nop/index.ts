// Sink that takes everything and does nothing: for benches and for rules that are wanted for their state only.
import { defineConnector } from '../../contract/connector.ts';
import type { OptionSpec } from '../../contract/props.ts';
import { parseOptions } from '../../contract/props.ts';
import { textOf } from '../batch-shared/payload.ts';

const options: readonly OptionSpec[] = [{ name: 'log', type: 'bool', default: false, doc: 'Write each payload to the log.' }];

export default defineConnector({
  name: 'nop',
  sink: {
    kind: 'sink',
    name: 'nop',
    payload: 'bytes',
    maxInFlight: 1,
    options,
    doc: 'Discards results; with log:true it logs them.',
    create() {
      let log = false;
      return {
        configure(props) {
          ({ log } = parseOptions<{ log: boolean }>('nop sink', options, props));
        },
        // nothing to connect to: eKuiper shows 0, and so do we (recorded)
        open: (ctx) => ctx.status('connecting'),
        collect(ctx, data) {
          if (log) ctx.log.info({ payload: textOf(data) }, 'nop sink');
        },
        close: () => undefined,
      };
    },
  },
});
