// `kuiper completion bash|zsh|fish`: the script that makes the shell complete commands, flags and names. `kuiper completion words …` is what it asks.
import { clientOf } from '../client-of.ts';
import type { Command } from '../command.ts';
import { completeWords, completionScript, shells, splitGlobal } from '../completion.ts';
import { readContexts } from '../contexts.ts';

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
    raw: true,
    async run(context) {
      const { commands } = await import('./index.ts');
      const { options, words } = splitGlobal(context.args);
      // the gateway that the line means, which may be another one than that of this command
      const client = options === undefined ? context.client : clientOf(options, process.env, () => undefined).client;
      const found = await completeWords(words, commands, client, Object.keys(readContexts(process.env).contexts));
      if (found.length > 0) context.print(found.join('\n'));
    },
  },
];
