// `kuiper modbus write`: Write one point of a unit and read it back. The line is opened by this program, not by the gateway.
import { messageOf } from '../../base/errors/gateway-error.ts';
import { CliError } from '../cli-error.ts';
import type { Command } from '../command.ts';
import { lineFlags } from '../modbus-flags.ts';

export const modbusWrite: Command = {
  name: 'modbus write',
  usage: 'modbus write LINE UNIT FUNCTION:ADDRESS[:TYPE[:ORDER]] VALUE [--baudRate 9600] [--mode 8N1] [--timeout 1s]',
  doc: 'Write a point of a Modbus unit and read it back.',
  offline: true,
  flags: lineFlags,
  async run(context) {
    const { parsePoint, parseUnit, withLine } = await import('../modbus-line.ts');
    const { decodeValue, encodeValue } = await import('../../connectors/modbus/value-types.ts');
    const unit = parseUnit(context.args[1]);
    const { fn, address, type, order, registers } = parsePoint(context.args[2]);
    const text = context.args[3];
    if (fn === 2 || fn === 4) throw new CliError('Only coil and holding can be written.', 'usage');
    if (text === undefined) throw new CliError('Expect a value.', 'usage');
    try {
      const value = toValue(text, fn === 1 ? 'bool' : type);
      const data = fn === 1 ? Buffer.from(value ? [0xff, 0] : [0, 0]) : encodeValue(value, type, order, registers);
      const written = await withLine(context, async (bus, settings) => {
        await bus.request({ unit, fn: fn === 1 ? 5 : registers === 1 ? 6 : 16, address, count: fn === 1 ? 1 : registers, data }, settings);
        const back = await bus.request({ unit, fn, address, count: registers }, settings);
        return fn === 1 ? (back[0]! & 1) === 1 : decodeValue(back, type, order);
      });
      context.print(`${context.args[2]} = ${String(written)}`);
    } catch (error) {
      throw error instanceof CliError ? error : new CliError(`${context.args[2]}: ${messageOf(error)}`, 'refused');
    }
  },
};

/** @throws Error when the text is not a value of the type */
function toValue(text: string, type: string): bigint | number | boolean | string {
  if (type === 'string') return text;
  if (type === 'bool') {
    if (!/^(true|false|1|0|on|off)$/i.test(text)) throw new Error(`"${text}" is not true or false`);
    return /^(true|1|on)$/i.test(text);
  }
  if (type.startsWith('float')) {
    if (text.trim() === '' || Number.isNaN(Number(text))) throw new Error(`"${text}" is not a number`);
    return Number(text);
  }
  if (!/^-?(\d+|0x[0-9a-f]+)$/i.test(text) || /^-0x/i.test(text)) throw new Error(`"${text}" is not a whole number, which ${type} takes`);
  return BigInt(text);
}
