// `kuiper plugin port`: a skeleton in TypeScript of a plugin in Go.
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { CliError } from '../cli-error.ts';
import type { Command } from '../command.ts';
import { readLocalFile, writeLocalFile } from '../local-file.ts';
import { portGo } from '../plugin/port.ts';

export const pluginPort: Command = {
  name: 'plugin port',
  usage: 'plugin port FILE.go [-o FILE.ts]',
  doc: "Write a skeleton in TypeScript of eKuiper's plugin in Go, with the Go code as comments where its translation belongs.",
  flags: [{ names: ['output', 'o'], doc: 'file to write; default: the name of the plugin' }],
  offline: true,
  exits: true,
  async run({ args: [file], flags, print }) {
    if (file === undefined) throw new CliError('Expect a Go file.', 'usage');
    const { kind, name, text } = portGo(readLocalFile(file), basename(file));
    const to = typeof flags['output'] === 'string' ? flags['output'] : `${name}.ts`;
    if (existsSync(to)) throw new CliError(`${to} is there already.`, 'failed');
    writeLocalFile(to, text);
    print(`${to} is written: a ${kind} plugin ${name}. Translate the comments, then: kuiper plugin check ${to}`);
  },
};
