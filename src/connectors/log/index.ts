// Sink that writes results to the log, as eKuiper's `log` action.
import { defineConnector } from '../../contract/connector.ts';

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
          const payload = typeof data === 'string' ? data : Buffer.from(data as Uint8Array).toString();
          ctx.log.info({ payload }, `sink result for rule ${ctx.getRuleId()}`);
        },
        close: () => undefined,
      };
    },
  },
});
