// Action modbusServer: columns of a rule become the registers of a unit that other masters (PLC, SCADA) read. A row is delivered when its values are in the
// registers. When the rule ends its values are gone: nobody reads an old one for a new one.
import { messageOf, rowError } from '../../../base/errors/gateway-error.ts';
import type { Sink } from '../../../contract/sink.ts';
import type { Row } from '../../../data/value.ts';
import type { Profile } from '../profile.ts';
import { loadProfile, PROFILE_LIBRARY } from '../profile-file.ts';
import { acquireHub, hubNote, releaseHub, type ServerHub } from './hub.ts';
import { parseServer, type ServerSinkProps, serverSinkOptions } from './options.ts';

export function createModbusServerSink(): Sink {
  let props: ServerSinkProps;
  let opened: { hub: ServerHub; profile: Profile; unit: ReturnType<ServerHub['unit']>; leave(): void } | undefined;
  const owner = {};
  return {
    configure(raw) {
      props = parseServer<ServerSinkProps>('modbusServer sink', serverSinkOptions, raw);
    },
    async open(ctx) {
      const profile = loadProfile(ctx.getRootPath(), props.profile, PROFILE_LIBRARY, props.parameters);
      const hub = acquireHub(ctx, props);
      try {
        await hub.ready;
        const unit = hub.unit(props.unit);
        try {
          opened = { hub, profile, unit, leave: unit.served.image.join(props.profile, profile.points) };
        } catch (error) {
          unit.leave();
          throw error;
        }
        if (props.missing === 'zero') unit.served.zeros = true;
      } catch (error) {
        await releaseHub(ctx, props);
        throw error;
      }
      ctx.status('connected');
    },
    collect(ctx, data) {
      const { profile, unit } = opened ?? gone();
      const untilMs = props.maxAgeMs > 0 ? ctx.clock.monotonic() + props.maxAgeMs : Number.POSITIVE_INFINITY;
      for (const row of rowsOf(data)) putRow(row, profile, (point, value) => unit.served.image.put(point, value, owner, untilMs));
    },
    notes: () => (opened ? [hubNote(props, opened.hub)] : []),
    async close(ctx) {
      if (!opened) return;
      const { unit, leave } = opened;
      opened = undefined;
      unit.served.image.forget(owner);
      leave();
      unit.leave();
      await releaseHub(ctx, props);
    },
  };

  /** All values of a row are checked before the first is put. */
  function putRow(row: Row, profile: Profile, put: (point: Profile['points'][number], value: Row[string]) => () => void): void {
    const puts: (() => void)[] = [];
    for (const [name, value] of Object.entries(row)) {
      const point = profile.points.find((p) => p.name === name && !p.sum);
      if (!point) {
        if (props.ignoreUnknown) continue;
        throw rowError(`modbusServer sink: ${name} is not a point of profile ${props.profile}`);
      }
      try {
        puts.push(put(point, value));
      } catch (error) {
        throw rowError(`modbusServer sink: point ${name}: ${messageOf(error)}`);
      }
    }
    for (const one of puts) one();
  }
}

function gone(): never {
  throw new Error('modbusServer sink: it is not open');
}

function rowsOf(data: unknown): Row[] {
  const list = Array.isArray(data) ? data : [data];
  return list.filter((r): r is Row => typeof r === 'object' && r !== null);
}
