// Source modbusServer: what masters (PLC, SCADA) write to writable points of a unit, a row for each request. The master gets its answer when the rules have the
// row where it cannot get lost.
import type { DeviceReport } from '../../../contract/device.ts';
import type { Emit, Source } from '../../../contract/source.ts';
import { loadProfile, PROFILE_LIBRARY } from '../profile-file.ts';
import { acquireHub, counted, releaseHub, type ServerHub, type Taker } from './hub.ts';
import { listenText } from './listener.ts';
import { parseServer, type ServerSourceProps, serverSourceOptions } from './options.ts';

export function createModbusServerSource(): Source {
  let props: ServerSourceProps;
  let opened: { hub: ServerHub; leave(): void } | undefined;
  return {
    configure(datasource, raw) {
      props = parseServer<ServerSourceProps>('modbusServer source', serverSourceOptions, raw, datasource);
    },
    async open(ctx, emit) {
      const profile = loadProfile(ctx.getRootPath(), props.profile, PROFILE_LIBRARY, props.parameters);
      const hub = acquireHub(ctx, props);
      try {
        await hub.ready;
        const unit = hub.unit(props.unit);
        try {
          if (unit.served.taker) throw new Error(`unit ${props.unit} of ${listenText(props.listen)} is read by another stream already`);
          const leave = unit.served.image.join(props.profile, profile.points);
          unit.served.taker = takerOf(emit, (ms, work) => {
            const timer = ctx.clock.setTimer(ms, work);
            return () => ctx.clock.clear(timer);
          });
          opened = {
            hub,
            leave() {
              unit.served.taker = undefined;
              leave();
              unit.leave();
            },
          };
        } catch (error) {
          unit.leave();
          throw error;
        }
      } catch (error) {
        await releaseHub(ctx, props);
        throw error;
      }
      ctx.status('connected');
    },
    devices: () => (opened ? [reportOf(props, opened.hub)] : []),
    async close(ctx) {
      if (!opened) return;
      opened.leave();
      opened = undefined;
      await releaseHub(ctx, props);
    },
  };

  function takerOf(emit: Emit, after: (ms: number, work: () => void) => () => void): Taker {
    return (row, info) => {
      const meta = { unit: BigInt(info.unit), function: BigInt(info.function), client: info.client };
      return new Promise((resolve) => {
        let cancel: () => void = () => undefined;
        const done = () => {
          cancel();
          resolve('done');
        };
        if (props.confirmMs > 0) cancel = after(props.confirmMs, () => resolve('accepted'));
        // backpressure needs no wait of its own: the next request of this master comes after the answer
        void emit(row, meta, done);
        if (props.confirmMs === 0) done();
      });
    };
  }
}

/** The server itself as a device: who is connected, and what is asked. */
function reportOf(props: ServerSourceProps, hub: ServerHub): DeviceReport {
  const { reads, writes, lastRequestAtMs } = hub.figures;
  return {
    name: `server unit ${props.unit}`,
    unit: props.unit,
    line: `${listenText(props.listen)} (${counted(hub.clients, 'master')})`,
    state: reads + writes > 0 ? 'answering' : 'unasked',
    failingMs: 0,
    lastReplyAtMs: lastRequestAtMs,
    points: { good: 0, stale: 0, bad: 0 },
    refused: {},
    requests: reads + writes,
    timeouts: 0,
    strays: 0,
    nextTryMs: 0,
    problem: '',
  };
}
