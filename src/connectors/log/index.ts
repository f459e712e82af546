// Sink that writes results to the log, as eKuiper's `log` action.
import { defineConnector } from '../../contract/connector.ts';
import { textOf } from '../batch-shared/payload.ts';

export default defineConnector({
  name: 'log',
  sink: {
    kind: 'sink',
    name: 'log',
    payload: 'bytes',
    maxInFlight: 1,
    options: [],
    doc: 'Writes each result to the log at level info.',
    create() {
      return {
        open: (ctx) => ctx.status('connected'),
        collect(ctx, data) {
          const payload = textOf(data);
          ctx.log.info({ payload }, `sink result for rule ${ctx.getRuleId()}`);
        },
        close: () => undefined,
      };
    },
  },
});
