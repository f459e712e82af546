// `kuiper modbus import`: register maps of other programs to our profiles, with a report of what could not be said.
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { FinishedImport, ImportFormat } from '../../connectors/modbus/import/index.ts';
import { CliError } from '../cli-error.ts';
import { type Command, nameArgument } from '../command.ts';
import { readLocalFile, writeLocalFile } from '../local-file.ts';

export const modbusImport: Command = {
  name: 'modbus import',
  usage: 'modbus import FILE [--format solarman|evcc|wirenboard|homeassistant] [-o OUT] [--variant 0] [--force]',
  doc: 'Make profiles of a register map of ha-solarman, evcc, wirenboard or Home Assistant. What a profile cannot say is reported for each point.',
  offline: true,
  exits: true,
  flags: [
    { names: ['format'], doc: 'solarman, evcc, wirenboard or homeassistant; default: what the file looks like' },
    { names: ['output', 'o'], doc: 'file or folder for the profiles; default: print them' },
    { names: ['variant'], doc: 'for maps of several models: which one, from 0' },
    { names: ['force'], value: false, doc: 'replace files that are there' },
  ],
  examples: [['kuiper modbus import deye_hybrid.yaml -o etc/sources/modbus', 'a profile for streams of this gateway']],
  async run(context) {
    const { importFormats, importMaps } = await import('../../connectors/modbus/import/index.ts');
    const file = nameArgument(context, 'file');
    const format = context.flags['format'];
    if (format !== undefined && !importFormats.includes(format as ImportFormat))
      throw new CliError(`Format "${format}" is not known. Use ${importFormats.join(', ')}.`, 'usage');
    const variant = Number(context.flags['variant'] ?? 0);
    if (!Number.isInteger(variant) || variant < 0) throw new CliError('--variant takes a whole number from 0.', 'usage');
    const text = readLocalFile(file);
    let done: ReturnType<typeof importMaps>;
    try {
      done = importMaps(text, path.basename(file), format as ImportFormat | undefined, variant);
    } catch (error) {
      throw new CliError(messageOf(error), 'usage');
    }
    const good = done.profiles.filter((p) => p.points > 0);
    const out = context.flags['output'];
    if (typeof out === 'string') writeProfiles(good, out, context.flags['force'] === true, context.print);
    else if (good.length > 0) context.print(good.map((p) => p.text.trimEnd()).join('\n---\n'));
    for (const p of done.profiles) {
      context.note(`${p.id} (${done.format}): ${p.points} points; ${p.unsaid.length} left out; ${p.remarks.length} remarks.`);
      for (const { point, reason } of p.unsaid) context.note(`  left out: ${point}: ${reason}`);
      for (const { point, reason } of p.remarks) context.note(`  remark: ${point}: ${reason}`);
    }
    if (good.length === 0) throw new CliError(`${file} has no point that a profile can say.`, 'refused');
  },
};

/** Nothing is written when one of the files is there already. */
function writeProfiles(profiles: readonly FinishedImport[], out: string, force: boolean, print: (text: string) => void): void {
  const isFolder = existsSync(out) && statSync(out).isDirectory();
  if (profiles.length > 1 && !isFolder)
    throw new CliError(
      `The file makes ${profiles.length} profiles (${profiles.map((p) => p.id).join(', ')}); give a folder that exists to -o.`,
      'usage',
    );
  const files = profiles.map((p) => ({ target: isFolder ? path.join(out, `${p.id}.yaml`) : out, text: p.text }));
  const there = files.find((f) => existsSync(f.target));
  if (there && !force) throw new CliError(`${there.target} is there already. Replace it with --force.`, 'usage');
  for (const f of files) {
    writeLocalFile(f.target, f.text);
    print(`${f.target} is written.`);
  }
}
