// `kuiper lsp`: the language server for editors, over standard input and output. docs/editor.md says how to hook it in.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from '../command.ts';

export const lsp: Command = {
  name: 'lsp',
  usage: 'lsp [--offline]',
  doc: 'Language server for editors: errors, completion, hover, formatting of .sql files.',
  offline: true,
  live: true,
  flags: [
    { names: ['offline'], value: false, doc: 'ask no gateway for streams, columns and plugins' },
    { names: ['stdio'], value: false, doc: 'over standard input and output; there is no other way' },
  ],
  exits: true,
  examples: [
    ['kuiper lsp', 'with the gateway of etc/kuiper.yaml'],
    ['kuiper --context hall3 lsp', 'with the streams of another gateway'],
  ],
  async run({ client, flags }) {
    const [{ runLanguageServer }, { createHelpSource }, { createOfflineEditor }] = await Promise.all([
      import('../lsp/server.ts'),
      import('../lsp/help-source.ts'),
      import('../../service/editor/offline.ts'),
    ]);
    const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8')) as { version: string };
    await runLanguageServer({
      input: process.stdin,
      output: process.stdout,
      version,
      help: (away) =>
        createHelpSource({
          client: flags['offline'] === true ? undefined : client,
          offline: createOfflineEditor(),
          nowMs: () => performance.now(),
          away,
        }),
    });
    // the editor is gone; an answer of the gateway that is still under way is nobody's
    process.exit(0);
  },
};
