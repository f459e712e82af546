// The choice of a plugin's version as a value: a model that knows which contents load says which version must be in effect.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareVersions } from '../../../src/plugin-host/files/plugin-file.ts';
import type { FoundFile } from '../../../src/plugin-host/files/scan.ts';
import { type Answer, advance, beginChoice, type Choice, type InEffect } from '../../../src/plugin-host/versions/choose.ts';

const file = (version: string, n: number, content: string): FoundFile => ({
  name: 'x',
  version,
  extension: '.ts',
  folder: 'functions',
  path: `/p/${n}@${version}.ts`,
  stamp: content,
});

type Content = 'good' | 'broken' | 'startless' | 'quarantined';
/** What the world answers: by what a file holds. */
function run(files: readonly FoundFile[], before: InEffect | undefined, force = false): { choice: Choice; asked: string[] } {
  let choice = beginChoice(files, before, force);
  const asked: string[] = [];
  for (let steps = 0; choice.step.do !== 'end'; steps++) {
    if (steps > 2 * files.length + 1) throw new Error('the choice does not end');
    const { path, stamp } = choice.candidates[choice.step.at]!.file;
    asked.push(`${choice.step.do} ${path}`);
    choice = advance(choice, answerOf(choice.step.do, stamp as Content, path));
  }
  return { choice, asked };
}
const answerOf = (step: 'look' | 'activate', content: Content, path: string): Answer => {
  if (step === 'look')
    return content === 'quarantined'
      ? { is: 'unfit', state: 'quarantined', reason: 'it hung' }
      : content === 'broken'
        ? { is: 'fails', reason: 'syntax' }
        : { is: 'fit', hash: `${path}:${content}` };
  return content === 'good' ? { is: 'works' } : { is: 'fails', reason: 'no start', cause: 'name' };
};
const inEffect = (f: FoundFile, content = f.stamp): InEffect => ({ path: f.path, hash: `${f.path}:${content}` });

const someFiles = fc
  .array(
    fc.tuple(fc.constantFrom('', '1', '1.9', '1.10', 'v2', '2'), fc.constantFrom<Content>('good', 'broken', 'startless', 'quarantined')),
    {
      maxLength: 6,
    },
  )
  .map((list) => list.map(([version, content], n) => file(version, n, content)));

/** Said apart from the machine: the latest version without a twin that works, where a broken copy in the place of the running one keeps it. */
function expected(files: readonly FoundFile[], before: InEffect | undefined): string | undefined {
  const twin = (f: FoundFile) => files.some((o) => o !== f && compareVersions(o.version, f.version) === 0);
  const order = [...files].sort((a, b) => compareVersions(b.version, a.version) || (a.path < b.path ? -1 : 1));
  for (const f of order) {
    const runs = before?.path === f.path;
    if (twin(f)) {
      if (runs) return 'before';
      continue;
    }
    if (f.stamp === 'quarantined') continue;
    if (runs && (f.stamp === 'broken' || before.hash === `${f.path}:${f.stamp}`)) return 'before';
    if (f.stamp === 'good') return f.path;
    if (runs) return 'before';
  }
  return undefined;
}

describe('the version of a plugin that takes effect', () => {
  // @covers issue:14#2
  // @covers issue:14#3
  test('is the latest that works, for any files and whatever was in effect before', () => {
    fc.assert(
      fc.property(someFiles, fc.option(fc.tuple(fc.nat(5), fc.boolean())), (files, was) => {
        const old = was && files[was[0]];
        const before = old ? inEffect(old, was[1] ? old.stamp : 'other content') : undefined;
        const { choice } = run(files, before);
        const { step } = choice;
        if (step.do !== 'end') throw new Error('not at its end');
        const chosen = typeof step.chosen === 'number' ? choice.candidates[step.chosen]!.file.path : step.chosen;
        expect(chosen).toBe(expected(files, before));
        // at most one version runs, every file is accounted for, and what failed says why
        expect(choice.candidates.length).toBe(files.length);
        expect(choice.candidates.filter((c) => c.state === 'running').length).toBeLessThanOrEqual(1);
        for (const c of choice.candidates) if (c.state === 'failed' || c.state === 'quarantined') expect(c.reason).not.toBe('');
        for (const c of choice.candidates) if (c.state === 'superseded') expect(chosen).toBeDefined();
      }),
      { numRuns: 1_000 },
    );
  });

  test('is not started again when the same content is in effect, unless it is forced', () => {
    const f = file('1', 0, 'good');
    expect(run([f], inEffect(f)).asked).toEqual(['look /p/0@1.ts']);
    expect(run([f], inEffect(f)).choice.step).toEqual({ do: 'end', chosen: 'before' });
    expect(run([f], inEffect(f), true).asked).toEqual(['look /p/0@1.ts', 'activate /p/0@1.ts']);
    expect(run([f], inEffect(f), true).choice.step).toEqual({ do: 'end', chosen: 0 });
  });

  test('goes on in memory when its file was overwritten by something broken, and an earlier version does not take over', () => {
    const now = file('2', 0, 'startless');
    const { choice, asked } = run([now, file('1', 1, 'good')], inEffect(now, 'good'));
    expect(choice.step).toEqual({ do: 'end', chosen: 'before' });
    expect(asked).toEqual(['look /p/0@2.ts', 'activate /p/0@2.ts']);
    expect(choice.candidates.map((c) => [c.state, c.reason, c.cause])).toEqual([
      ['failed', 'no start', 'name'],
      ['superseded', '', undefined],
    ]);
  });

  test('two files of one version are both refused with both names, and neither is looked at', () => {
    const { choice, asked } = run([file('2', 0, 'good'), file('v2', 1, 'good'), file('1', 2, 'good')], undefined);
    expect(asked).toEqual(['look /p/2@1.ts', 'activate /p/2@1.ts']);
    expect(choice.candidates.map((c) => c.state)).toEqual(['failed', 'failed', 'running']);
    expect(choice.candidates[0]!.reason).toBe('this version is there twice: /p/0@2.ts and /p/1@v2.ts; remove one of them');
  });
});
