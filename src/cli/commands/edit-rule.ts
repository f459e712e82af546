// `kuiper edit rule NAME`: the rule's JSON in the user's editor; checked, then replaced. What is refused can be edited again.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../../base/errors/gateway-error.ts';
import { CliError } from '../cli-error.ts';
import { type Command, encode, indent, nameArgument } from '../command.ts';

export const editRule: Command = {
  name: 'edit rule',
  usage: 'edit rule NAME',
  doc: 'Edit a rule in $EDITOR; it is checked before it replaces the old one.',
  exits: true,
  examples: [['EDITOR=nano kuiper edit rule hot', 'change the rule, save, done']],
  async run(context) {
    const name = nameArgument(context, 'rule');
    const path = `/rules/${encode(name)}`;
    const before = `${indent(await context.client.call('GET', path))}\n`;
    const folder = mkdtempSync(join(tmpdir(), 'kuiper-edit-'));
    const file = join(folder, 'rule.json');
    writeFileSync(file, before, { mode: 0o600 });
    try {
      edit(file);
      const text = readFileSync(file, 'utf8');
      if (text === before) {
        context.print('Nothing was changed.');
        return;
      }
      try {
        JSON.parse(text);
        await context.client.call('POST', '/rules/validate', text);
        context.print(await context.client.call('PUT', path, text));
      } catch (error) {
        // the work is not lost
        const kept = join(tmpdir(), `kuiper-rule-${name.replace(/[^\w.-]/g, '_')}.json`);
        writeFileSync(kept, text, { mode: 0o600 });
        throw new CliError(
          `${messageOf(error)}\nThe rule was not changed. Your text is kept in ${kept}; correct it and run: kuiper create rule … or edit again.`,
          'refused',
        );
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

function edit(file: string): void {
  const editor = process.env['VISUAL'] || process.env['EDITOR'] || 'vi';
  // an editor may come with arguments, as in "code --wait"
  const { status, error } = spawnSync('sh', ['-c', `${editor} "$1"`, 'sh', file], { stdio: 'inherit' });
  if (error || status !== 0)
    throw new CliError(`The editor ${editor} ended with ${error?.message ?? `code ${String(status)}`}; nothing was changed.`, 'usage');
}
