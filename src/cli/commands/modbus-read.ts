// `kuiper modbus read`: Read points of a unit. The line is opened by this program, not by the gateway.
import { messageOf } from '../../base/errors/gateway-error.ts';
import { CliError } from '../cli-error.ts';
import type { Command } from '../command.ts';
import { lineFlags } from '../modbus-flags.ts';

export const modbusRead: Command = {
  name: 'modbus read',
  usage: 'modbus read LINE UNIT FUNCTION:ADDRESS[:TYPE[:ORDER]] … [--baudRate 9600] [--mode 8N1] [--timeout 1s]',
  doc: 'Read points of a Modbus unit, e.g. holding:10:float32:CDAB (addresses from 0).',
  offline: true,
  flags: lineFlags,
  async run(context) {
    const { parsePoint, parseUnit, withLine } = await import('../modbus-line.ts');
    const { decodeValue } = await import('../../connectors/modbus/value-types.ts');
    const unit = parseUnit(context.args[1]);
    const points = context.args.slice(2).map((text) => ({ text, ...parsePoint(text) }));
    if (points.length === 0) parsePoint(undefined);
    await withLine(context, async (bus, settings) => {
      for (const { text, fn, address, type, order, registers } of points)
        try {
          const data = await bus.request({ unit, fn, address, count: registers }, settings);
          const value = fn <= 2 ? (data[0]! & 1) === 1 : decodeValue(data, type, order);
          context.print(`${text} = ${String(value)}${fn <= 2 ? '' : `  (0x${data.toString('hex')})`}`);
        } catch (error) {
          throw new CliError(`${text}: ${messageOf(error)}`, 'refused');
        }
    });
  },
};
