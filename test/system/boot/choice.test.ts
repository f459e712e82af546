// GRUB itself (grub-emu) reads choose.cfg of the boards on a FAT image: 300 cases of whole, torn and missing files in one run, compared with choice.ts.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isWholeBlock } from '../../../src/system/boot/env-block.ts';
import { GOOD_STARTS, recordBlock, TRIAL_STARTS, tallyBlock } from '../../../src/system/boot/record.ts';
import { havePart } from '../../helpers/parts.ts';
import { choose } from './choice.ts';

type Files = Readonly<Record<string, Buffer | undefined>>;

const slot = fc.constantFrom('A' as const, 'B' as const);
const seq = fc.integer({ min: 8, max: 11 });
const torn = (block: fc.Arbitrary<Buffer>) =>
  fc.oneof(
    { weight: 5, arbitrary: block },
    { weight: 1, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constant(Buffer.alloc(1024, 'z')) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(block, block, fc.integer({ min: 0, max: 130 }))
        .map(([a, b, n]) => Buffer.concat([a.subarray(0, n), b.subarray(n)])),
    },
  );
const record = torn(
  fc
    .tuple(seq, slot, fc.boolean(), fc.boolean())
    .map(([number, good, otherIsGood, tried]) =>
      recordBlock({ seq: number, good, otherIsGood, ...(tried ? { trial: good === 'A' ? ('B' as const) : ('A' as const) } : {}) }),
    ),
);
const tally = torn(
  fc.tuple(fc.oneof(seq, fc.constant(0)), fc.integer({ min: 0, max: 2 * GOOD_STARTS + 1 })).map(([n, starts]) => tallyBlock(n, starts)),
);

function grubChooses(cases: readonly Files[], rescue = false): { text: string; files: Record<string, string> }[] {
  const dir = mkdtempSync(join(tmpdir(), 'kuiper-grub-'));
  try {
    const tree = join(dir, 'grub');
    cases.forEach((files, at) => {
      mkdirSync(join(tree, `c${at}`), { recursive: true });
      for (const [name, bytes] of Object.entries(files)) if (bytes) writeFileSync(join(tree, `c${at}`, name), bytes);
    });
    const disk = join(dir, 'disk.img');
    execFileSync('truncate', ['-s', '24M', disk]);
    execFileSync('mkfs.vfat', ['-n', 'KUIPER', disk], { stdio: 'ignore' });
    execFileSync('mcopy', ['-s', '-i', disk, tree, '::']);
    writeFileSync(join(dir, 'device.map'), `(hd0) ${disk}\n`);
    const choice = resolve('image/boards/generic-uefi/choose.cfg');
    const list = cases.map((_, at) => `c${at}`).join(' ');
    writeFileSync(
      join(dir, 'grub.cfg'),
      `set rescue=${rescue ? 1 : ''}\nfor c in ${list}; do\nset envdir=(hd0)/grub/$c\nsource (host)${choice}\necho "CASE $c $slot $why $seq $tally;"\ndone\nexit\n`,
    );
    const { stdout } = spawnSync('grub-emu', ['-m', join(dir, 'device.map'), '-d', dir, '-r', 'host'], {
      timeout: 60_000,
      encoding: 'latin1',
      input: '',
    });
    execFileSync('mcopy', ['-s', '-i', disk, '::grub', join(dir, 'after')]);
    return cases.map((files, at) => ({
      text: new RegExp(`CASE c${at} ([^;]*);`).exec(stdout)?.[1] ?? 'no answer',
      files: Object.fromEntries(
        ['tries1.env', 'tries2.env']
          .filter((name) => files[name])
          .map((name) => [name, readFileSync(join(dir, 'after', `c${at}`, name), 'latin1')]),
      ),
    }));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const haveGrub = [havePart('grub-emu', 'grub-emu'), havePart('mkfs.vfat', 'dosfstools'), havePart('mcopy', 'mtools')].every(Boolean);

describe.runIf(haveGrub)('choose.cfg', () => {
  // @covers issue:17#1
  it('chooses in GRUB what the model of updates chooses, and counts the start, with whole, torn and missing files', () => {
    const cases = fc.sample(fc.record({ 'boot1.env': record, 'boot2.env': record, 'tries1.env': tally, 'tries2.env': tally }), {
      numRuns: 240,
      seed: 17,
    });
    const edges = [
      0,
      TRIAL_STARTS - 1,
      TRIAL_STARTS,
      GOOD_STARTS - 1,
      GOOD_STARTS,
      TRIAL_STARTS + GOOD_STARTS - 1,
      TRIAL_STARTS + GOOD_STARTS,
      15,
      16,
      17,
    ];
    for (const starts of edges)
      for (const [otherIsGood, trial] of [
        [false, undefined],
        [true, undefined],
        [false, 'A'],
      ] as const) {
        const block = recordBlock({ seq: 5, good: 'B', otherIsGood, ...(trial ? { trial } : {}) });
        cases.push({ 'boot1.env': block, 'boot2.env': undefined, 'tries1.env': tallyBlock(5, starts), 'tries2.env': tallyBlock(4, 1) });
      }
    for (let starts = 0; starts < 8; starts++)
      cases.push({ 'boot1.env': undefined, 'boot2.env': undefined, 'tries1.env': tallyBlock(0, starts), 'tries2.env': undefined });
    const answers = grubChooses(cases);
    const reasons = new Set<string>();
    cases.forEach((files: Files, at) => {
      const writable = ['tries1.env', 'tries2.env'].filter((name) => isWholeBlock(files[name]));
      const expected = choose({ read: (name) => files[name] }, writable.length > 0);
      const shown = Object.entries(files).map(
        ([name, bytes]) => `${name} ${bytes?.toString('latin1').slice(25, 110).replaceAll('\n', ' ')}`,
      );
      expect(answers[at]!.text, shown.join('\n')).toBe(`${expected.slot} ${expected.why} ${expected.seq} ${expected.tally}`);
      for (const name of writable) {
        expect(answers[at]!.files[name]).toContain(`FOR=${expected.seq}\n`);
        expect(answers[at]!.files[name]).toContain(`TALLY=${expected.tally}\n`);
      }
      reasons.add(expected.why);
    });
    expect([...reasons].toSorted()).toEqual(['good', 'none', 'other', 'trial', 'uncounted']);
  });

  // @covers issue:17#3
  it('counts nothing and tries nothing new for the rescue system', () => {
    const trial = recordBlock({ seq: 5, good: 'B', otherIsGood: false, trial: 'A' });
    const [answer] = grubChooses(
      [{ 'boot1.env': trial, 'boot2.env': trial, 'tries1.env': tallyBlock(5, 1), 'tries2.env': tallyBlock(5, 0) }],
      true,
    );
    expect(answer?.text).toBe('B uncounted 5 xx');
    expect(answer?.files['tries1.env']).toContain('TALLY=x\n');
    expect(answer?.files['tries2.env']).toContain('TALLY=\n');
  });
});
