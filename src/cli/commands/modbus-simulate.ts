// `kuiper modbus simulate`: A Modbus controller with faults, to try rules without one. Runs until Ctrl-C.
import { createRealClock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors/gateway-error.ts';
import { CliError } from '../cli-error.ts';
import type { Command } from '../command.ts';
import { serialLineFlags } from '../modbus-flags.ts';

const UNIT_STEP = 1000;

export const modbusSimulate: Command = {
  name: 'modbus simulate',
  usage: 'modbus simulate LINE [--units 1-3] [--faults drop=0.02,late=0.01,lateMs=300,dead=3] [--baudRate 9600] [--mode 8N1]',
  doc: 'Play a Modbus controller on tcp://127.0.0.1:PORT or a serial port, with faults: delayMs, drop, corrupt, late, foreign, exception, dead, reboot.',
  offline: true,
  live: true,
  flags: [
    { names: ['units'], doc: 'units that answer, e.g. 1-10+20' },
    {
      names: ['faults'],
      doc: 'chances per reply (drop, corrupt, late, foreign, exception, reboot), times (delayMs, lateMs, rebootMs), dead=3+5',
    },
    ...serialLineFlags,
  ],
  async run({ args, flags, print }) {
    const { parseFaults, parseUnits } = await import('../../connectors/modbus/simulator/parse-faults.ts');
    const { createPlc } = await import('../../connectors/modbus/simulator/plc.ts');
    const target = args[0];
    if (!target) throw new CliError('Expect a line: tcp://127.0.0.1:5020 or a serial port.', 'usage');
    const plain = <T>(work: () => T): T => {
      try {
        return work();
      } catch (error) {
        throw new CliError(messageOf(error), 'usage');
      }
    };
    const faults = plain(() => parseFaults(String(flags['faults'] ?? '')));
    const units = plain(() => parseUnits(String(flags['units'] ?? '1')));
    // every register tells unit and address
    const plc = createPlc(units, 1000, (unit, id) => {
      for (let i = 0; i < 1000; i++) unit.holding[i] = unit.input[i] = (id * UNIT_STEP + i) & 0xffff;
    });
    const stop = new AbortController();
    const onSignal = () => stop.abort();
    process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
    const stopped = new Promise<void>((resolve) => stop.signal.addEventListener('abort', () => resolve(), { once: true }));
    const ready = (where: string) =>
      print(`${where}: units ${units.join(', ')}; holding and input registers 0 to 999 hold unit × ${UNIT_STEP} + address. Ctrl-C stops.`);
    try {
      const net = /^tcp:\/\/(\[[^\]]+\]|[^:/]+)(?::(\d+))?\/?$/.exec(target);
      if (net) {
        const { serveTcp } = await import('../../connectors/modbus/simulator/serve-tcp.ts');
        const server = await serveTcp(plc, Number(net[2] ?? 502), Math.random, net[1]!.replace(/^\[|\]$/g, ''));
        server.faults = faults;
        ready(`tcp://${net[1]}:${server.port}`);
        await stopped;
        await server.close();
        return;
      }
      const { openPort, PortLocks } = await import('../../connectors/port/index.ts');
      const { serveStream } = await import('../../connectors/modbus/simulator/serve-stream.ts');
      const { connectionOptions, parseConnection } = await import('../../connectors/modbus/options.ts');
      const line = Object.fromEntries(['baudRate', 'mode'].filter((n) => flags[n] !== undefined).map((n) => [n, flags[n]]));
      const props = plain(() =>
        parseConnection('modbus', connectionOptions, { protocol: 'rtu', port: target.replace(/^rtu:/, ''), ...line }),
      );
      const port = await openPort({ ...props, owner: 'kuiper modbus simulate', locks: new PortLocks(), clock: createRealClock() });
      serveStream(plc, port.stream).faults = faults;
      ready(port.path);
      const lost = await Promise.race([stopped, port.ended]);
      await port.close();
      if (lost && !stop.signal.aborted) throw lost;
    } catch (error) {
      throw error instanceof CliError ? error : new CliError(`The line ${target} cannot be used: ${messageOf(error)}`, 'unreachable');
    } finally {
      process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    }
  },
};
