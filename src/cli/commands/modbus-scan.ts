// `kuiper modbus scan`: Look which units answer on a line. The line is opened by this program, not by the gateway.
import { messageOf } from '../../base/errors/gateway-error.ts';
import { CliError } from '../cli-error.ts';
import type { Command } from '../command.ts';
import { lineFlags } from '../modbus-flags.ts';

export const modbusScan: Command = {
  name: 'modbus scan',
  usage: 'modbus scan LINE [--from 1] [--to 247] [--baudRate 9600] [--mode 8N1] [--timeout 200ms]',
  doc: 'Find the units of a Modbus line.',
  offline: true,
  flags: [{ names: ['from'], doc: 'first unit' }, { names: ['to'], doc: 'last unit' }, ...lineFlags],
  async run(context) {
    const { parseUnit, withLine } = await import('../modbus-line.ts');
    const from = parseUnit(String(context.flags['from'] ?? '1'));
    const to = parseUnit(String(context.flags['to'] ?? '247'));
    if (to < from) throw new CliError(`--to ${to} is below --from ${from}.`, 'usage');
    const withTimeout = { ...context, flags: { timeout: '200ms', ...context.flags } };
    await withLine(
      withTimeout,
      async (bus, settings) => {
        let found = 0;
        for (let unit = from; unit <= to; unit++) {
          // any register will do: also an exception is an answer
          const answer = await bus.request({ unit, fn: 3, address: 0, count: 1 }, settings).then(
            () => 'answers',
            (error: Error) => ('exceptionCode' in error ? `answers (${messageOf(error).replace(/^.*exception \d+: /, '')})` : error),
          );
          if (typeof answer === 'string') {
            found++;
            context.print(`unit ${unit} ${answer}`);
          } else if (!bus.connected) throw new CliError(`The line ${context.args[0]} cannot be used: ${messageOf(answer)}`, 'unreachable');
          if ((unit - from + 1) % 25 === 0 && unit < to) context.print(`… ${unit - from + 1} of ${to - from + 1} tried, ${found} found`);
        }
        context.print(`${found} of ${to - from + 1} units answer.`);
      },
      { retries: 0 },
    );
  },
};
