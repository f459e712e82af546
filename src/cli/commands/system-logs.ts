// `kuiper system logs`: what the gateway and its helpers said, and what is kept over power cuts.
import type { Command } from '../command.ts';
import { journal, ring } from '../system.ts';

export const systemLogs: Command = {
  name: 'system logs',
  usage: 'system logs [-n LINES] [--kept]',
  doc: 'The log of this boot; with --kept the important lines of earlier ones, which outlive power cuts.',
  flags: [
    { names: ['lines', 'n'], doc: 'number of lines, 200 if absent' },
    { names: ['kept'], value: false, doc: 'important lines of earlier boots' },
  ],
  offline: true,
  exits: true,
  async run({ flags, print }) {
    const lines = Number(flags['lines'] ?? 200);
    if (flags['kept'] === true)
      print(
        ring()
          .split('\n')
          .slice(-lines - 1)
          .join('\n')
          .trimEnd() || 'Nothing is kept.',
      );
    else print(journal(Number.isInteger(lines) && lines > 0 ? lines : 200).trimEnd());
  },
};
