// The script that ends a trial when the new version's own updater does not: it uses up the starts of exactly this trial, and touches nothing else.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBootMedium, fileBlocks } from '../../src/system/boot/medium.ts';
import { choose } from '../system/boot/choice.ts';

const SCRIPT = resolve('image/layers/30-boot/overlay/usr/lib/kuiper/end-trial');
let root: string;
let folder: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kuiper-trial-'));
  folder = join(root, 'boot/firmware/grub');
  mkdirSync(folder, { recursive: true });
  mkdirSync(join(root, 'proc'));
  // grub-editenv as far as it is used here: names and values of a block.
  writeFileSync(
    join(root, 'grub-editenv'),
    `#!/bin/sh\nfile=$1; shift 2\n{ printf '# GRUB Environment Block\\n'; for pair in "$@"; do printf '%s\\n' "$pair"; done; } >"$file.new"\nwhile [ "$(wc -c <"$file.new")" -lt 1024 ]; do printf '#' >>"$file.new"; done\nmv "$file.new" "$file"\n`,
  );
  chmodSync(join(root, 'grub-editenv'), 0o755);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const medium = () => createBootMedium(fileBlocks(folder));
const run = (commandLine: string) => {
  writeFileSync(join(root, 'proc/cmdline'), `${commandLine}\n`);
  return spawnSync(SCRIPT, [], { encoding: 'utf8', env: { PATH: `${root}:${process.env['PATH']}`, KUIPER_ROOT: root } });
};

describe('end-trial', () => {
  it('makes the next start take the version before, when the trial is still one', () => {
    medium().repair({ good: 'A', otherIsGood: false });
    const { seq } = medium().write({ good: 'A', otherIsGood: false, trial: 'B' });
    expect(choose(fileBlocks(folder))).toMatchObject({ slot: 'B', why: 'trial' });
    const { status, stderr } = run(`quiet rauc.slot=B kuiper.boot=trial:${seq}:x`);
    expect([status, stderr]).toEqual([0, 'the new version in slot B was not confirmed in time: the one before it is started\n']);
    expect(choose(fileBlocks(folder))).toMatchObject({ slot: 'A', why: 'good', seq });
    expect(medium().read()).toMatchObject({ good: 'A', trial: 'B' });
  });

  it.each([
    [
      'a version that was confirmed meanwhile',
      { good: 'B', otherIsGood: true } as const,
      (seq: number) => `rauc.slot=B kuiper.boot=trial:${seq}:x`,
    ],
    ['a start of the good slot', undefined, (seq: number) => `rauc.slot=A kuiper.boot=good:${seq}:x`],
    ['a machine without slots', undefined, () => 'root=/dev/sda1'],
    ['a trial of another number', undefined, (seq: number) => `rauc.slot=B kuiper.boot=trial:${seq - 1}:x`],
  ])('leaves %s alone', (_what, later, commandLine) => {
    medium().repair({ good: 'A', otherIsGood: false });
    const { seq } = medium().write({ good: 'A', otherIsGood: false, trial: 'B' });
    if (later) medium().write(later);
    const before = readFileSync(join(folder, 'tries1.env'));
    const { status, stderr } = run(commandLine(seq));
    expect([status, stderr]).toEqual([0, '']);
    expect(readFileSync(join(folder, 'tries1.env')).equals(before)).toBe(true);
  });
});
