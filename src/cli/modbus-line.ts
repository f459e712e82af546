// What the three `modbus` commands share: the line from the command line, opened directly (not through the gateway), and points as text.
import { createRealClock } from '../base/clock.ts';
import { messageOf } from '../base/errors/gateway-error.ts';
import { createLog } from '../base/log.ts';
import { ModbusBus } from '../connectors/modbus/bus/bus.ts';
import type { UnitSettings } from '../connectors/modbus/bus/unit.ts';
import type { ReadFunction } from '../connectors/modbus/frame.ts';
import { opener } from '../connectors/modbus/line.ts';
import { type ConnectionProps, parseConnection, sourceOptions } from '../connectors/modbus/options.ts';
import { type ByteOrder, byteOrders, isByteOrder, registersOf, type ValueType, valueTypes } from '../connectors/modbus/value-types.ts';
import type { PooledConnection } from '../contract/context.ts';
import { CliError } from './cli-error.ts';
import type { CommandContext } from './command.ts';

const TARGET_DOC =
  'LINE is tcp://host[:502], rtu-over-tcp://host:port, solarman://host[:8899], a serial port (/dev/ttyUSB0), or ascii:PORT.';

/** Opens the line, works on it and closes it. @throws CliError in plain words */
export async function withLine<T>(
  { args, flags }: CommandContext,
  work: (bus: ModbusBus, settings: UnitSettings) => Promise<T>,
  { retries = 1 }: { retries?: number } = {},
): Promise<T> {
  const target = args[0];
  if (!target) throw new CliError(`Expect a line. ${TARGET_DOC}`, 'usage');
  const net = /^(tcp|rtu-over-tcp|solarman):\/\/(\[[^\]]+\]|[^:/]+)(?::(\d+))?\/?$/.exec(target);
  const raw: Record<string, unknown> = net
    ? { protocol: net[1], host: net[2]!.replace(/^\[|\]$/g, ''), ...(net[3] ? { tcpPort: net[3] } : {}) }
    : { protocol: target.startsWith('ascii:') ? 'ascii' : 'rtu', port: target.replace(/^(rtu|ascii):/, '') };
  for (const name of ['baudRate', 'mode', 'timeout']) if (flags[name] !== undefined) raw[name] = flags[name];
  let props: ConnectionProps;
  try {
    props = parseConnection<ConnectionProps>('modbus', sourceOptions, raw);
  } catch (error) {
    throw new CliError(messageOf(error), 'usage');
  }
  const clock = createRealClock();
  const log = createLog({ level: 'error', write: () => undefined });
  const held = new Map<string, PooledConnection>();
  const connections = {
    acquire<C extends PooledConnection>(type: string, key: string, create: (before: undefined, own: typeof log) => C): C {
      const id = `${type}|${key}`;
      if (!held.has(id)) held.set(id, create(undefined, log));
      return held.get(id) as C;
    },
    release: () => undefined,
  };
  const bus = new ModbusBus(target, opener({ clock, log, connections }, props), clock, log);
  try {
    return await work(bus, { ...props, retries, patient: true });
  } finally {
    await bus.close();
  }
}

export interface PointText {
  fn: ReadFunction;
  address: number;
  type: ValueType;
  order: ByteOrder;
  registers: number;
}

const functions: Readonly<Record<string, ReadFunction>> = { coil: 1, discrete: 2, holding: 3, input: 4 };

/** `holding:10:float32:CDAB`, `coil:3`, `holding:0:string/8`. Addresses are 0-based. @throws CliError */
export function parsePoint(text: string | undefined): PointText {
  const [fnName = '', addressText = '', typeText, orderText = 'ABCD'] = (text ?? '').split(':');
  const fn = Object.hasOwn(functions, fnName) ? functions[fnName]! : undefined;
  if (!fn)
    throw new CliError(
      `Expect FUNCTION:ADDRESS[:TYPE[:ORDER]], as in holding:10:float32:CDAB; FUNCTION is coil, discrete, holding or input.`,
      'usage',
    );
  const address = Number(addressText);
  if (!/^\d+$/.test(addressText) || address > 65_535)
    throw new CliError(`Address "${addressText}": a number from 0 to 65535, counted from 0 as on the wire.`, 'usage');
  const [typeName = '', length] = (typeText ?? (fn <= 2 ? 'bool' : 'uint16')).split('/');
  const type = typeName as ValueType;
  if (!valueTypes.includes(type)) throw new CliError(`Type "${typeName}": use ${valueTypes.join(', ')} (string/REGISTERS).`, 'usage');
  const order = orderText.toUpperCase() as ByteOrder;
  if (!isByteOrder(order)) throw new CliError(`Order "${orderText}": use ${byteOrders.join(', ')}.`, 'usage');
  const registers = type === 'string' ? Number(length) : registersOf[type];
  if (!(Number.isInteger(registers) && registers >= 1 && registers <= 125))
    throw new CliError('A string needs its length in registers, as in string/8.', 'usage');
  return { fn, address, type, order, registers };
}

/** @throws CliError */
export function parseUnit(text: string | undefined, least = 0): number {
  const unit = Number(text);
  if (!/^\d+$/.test(text ?? '') || unit > 255 || unit < least) throw new CliError(`Expect a unit id from ${least} to 255.`, 'usage');
  return unit;
}
