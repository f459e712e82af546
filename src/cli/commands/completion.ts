// `kuiper completion bash|zsh|fish`: the script that makes the shell complete commands, flags and names. `kuiper completion words …` is what it asks.
import type { Command } from '../command.ts';
import { completeWords, completionScript, shells } from '../completion.ts';

export const completionCommands: readonly Command[] = [
  ...shells.map(
    (shell): Command => ({
      name: `completion ${shell}`,
      usage: `completion ${shell}`,
      doc: `Print the completion script for ${shell}.`,
      offline: true,
      async run(context) {
        context.print(completionScript(shell).trimEnd());
      },
    }),
  ),
  {
    name: 'completion words',
    usage: 'completion words WORD…',
    doc: 'Print what may stand in the place of the last word.',
    offline: true,
    async run(context) {
      const { commands } = await import('./index.ts');
      const found = await completeWords(context.args, commands, context.client);
      if (found.length > 0) context.print(found.join('\n'));
    },
  },
];
