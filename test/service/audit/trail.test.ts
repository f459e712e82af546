// The audit log: a chain of hashes in files that only grow, bounded, whole after a cut, and broken by whoever changes it.
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createVirtualClock } from '../../../src/base/clock.ts';
import { createMemoryLog } from '../../../src/base/log.ts';
import { type AuditEvent, checkChain, createAuditTrail } from '../../../src/service/audit/trail.ts';

let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'kuiper-audit-')), 'audit');
});
afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }));

const event = (what: string, more: Partial<AuditEvent> = {}): AuditEvent => ({
  who: 'ann',
  from: '10.0.0.1',
  what,
  target: '',
  outcome: 'done',
  detail: '200',
  ...more,
});
const open = (more: { maxFileBytes?: number; maxFiles?: number } = {}) => {
  const { log, lines } = createMemoryLog();
  return { trail: createAuditTrail({ folder, clock: createVirtualClock(), log, ...more }), lines };
};
const only = () => join(folder, readdirSync(folder)[0]!);

describe('the audit log', () => {
  // @covers issue:17#7
  test('keeps each change with a number and the hash of the one before, over restarts', () => {
    const first = open().trail;
    expect(first.check()).toEqual({ entries: 0, first: 0, last: 0, head: '', broken: '' });
    first.record(event('PUT /rules/a'));
    first.record(event('DELETE /rules/a', { outcome: 'refused' }));
    const second = open().trail;
    second.record(event('POST /streams', { target: 'CREATE STREAM demo' }));
    const entries = second.read(0, 10);
    expect(entries.map((e) => [e.seq, e.who, e.what, e.target, e.outcome])).toEqual([
      [1, 'ann', 'PUT /rules/a', '', 'done'],
      [2, 'ann', 'DELETE /rules/a', '', 'refused'],
      [3, 'ann', 'POST /streams', 'CREATE STREAM demo', 'done'],
    ]);
    expect(entries[0]!.prev).toBe('');
    expect(entries[1]!.prev).toBe(entries[0]!.hash);
    expect(entries[2]!.prev).toBe(entries[1]!.hash);
    expect(second.check()).toEqual({ entries: 3, first: 1, last: 3, head: entries[2]!.hash, broken: '' });
    expect(second.read(1, 1).map((e) => e.seq)).toEqual([2]);
  });

  test('shows no secrets, and cuts what is too long', () => {
    const { trail } = open();
    trail.record(event('POST /connections?token=geheim1234', { target: 'x'.repeat(1000), detail: 'tcp://u:geheim1234@h' }));
    const text = readFileSync(only(), 'utf8');
    expect(text).not.toContain('geheim1234');
    expect(trail.read(0, 1)[0]!.target.length).toBe(301);
    expect(trail.check().broken).toBe('');
  });

  test('tells where a line was changed, taken out, or put in', () => {
    const { trail } = open();
    for (let i = 1; i <= 5; i++) trail.record(event(`PUT /rules/r${i}`));
    const whole = readFileSync(only(), 'utf8');
    const lines = whole.trimEnd().split('\n');
    const broken = (text: string) => {
      writeFileSync(only(), text);
      return open().trail.check().broken;
    };
    const name = readdirSync(folder)[0]!;
    expect(broken(whole.replace('rules/r3', 'rules/r9'))).toBe(`${name}, line 3: entry 3 was changed`);
    expect(broken(whole.replace('"seq":3,', '"seq":33,'))).toBe(`${name}, line 3: entry 33 was changed`);
    expect(broken([...lines.slice(0, 2), ...lines.slice(3)].join('\n'))).toBe(`${name}, line 3: entry 4 does not follow on entry 2`);
    expect(broken([lines[0], lines[2], lines[1], ...lines.slice(3)].join('\n'))).toBe(
      `${name}, line 2: entry 3 does not follow on entry 1`,
    );
    expect(broken(`${whole}{"x":`)).toBe(`${name}, line 6: it is not JSON (${messageOfJson('{"x":')})`);
    expect(broken(whole)).toBe('');
  });

  test('any single changed character of a line is found', () => {
    const { trail } = open();
    for (let i = 1; i <= 3; i++) trail.record(event(`PUT /rules/r${i}`));
    const text = readFileSync(only(), 'utf8');
    const linesOf = (t: string) => t.split('\n').flatMap((line, i) => (line === '' ? [] : [{ place: `${i}`, text: line }]));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: text.length - 1 }), fc.constantFrom('0', 'a', 'Z', '"', ' '), (at, c) => {
        fc.pre(text[at] !== c && text[at] !== '\n');
        const found = checkChain(linesOf(text.slice(0, at) + c + text.slice(at + 1)));
        expect(found.broken).not.toBe('');
      }),
      { numRuns: 300, seed: 17 },
    );
  });

  test('is whole after a line that a power cut left unfinished', () => {
    const first = open().trail;
    first.record(event('PUT /rules/a'));
    appendFileSync(only(), '{"seq":2,"atMs":17');
    const { trail } = open();
    trail.record(event('PUT /rules/b'));
    expect(trail.read(0, 10).map((e) => [e.seq, e.what])).toEqual([
      [1, 'PUT /rules/a'],
      [2, 'PUT /rules/b'],
    ]);
    expect(trail.check().broken).toBe('');
  });

  test('is bounded: the oldest file goes, and what is left is still a chain', () => {
    const { trail } = open({ maxFileBytes: 1000, maxFiles: 3 });
    for (let i = 1; i <= 40; i++) trail.record(event(`PUT /rules/r${i}`));
    const files = readdirSync(folder);
    expect(files.length).toBe(3);
    for (const f of files) expect(readFileSync(join(folder, f)).length).toBeLessThanOrEqual(1000);
    const found = trail.check();
    expect(found.broken).toBe('');
    expect(found.last).toBe(40);
    expect(found.first).toBe(Number(files.sort()[0]!.slice(0, 10)));
    expect(found.entries).toBe(40 - found.first + 1);
    const next = open({ maxFileBytes: 1000, maxFiles: 3 }).trail;
    next.record(event('after'));
    expect(next.check()).toMatchObject({ last: 41, broken: '' });
  });

  test('that cannot be written never stops a change, says so, and goes on when it can', () => {
    writeFileSync(folder, 'a file in the place of the folder');
    const { trail, lines } = open();
    trail.record(event('PUT /rules/a'));
    trail.record(event('PUT /rules/b'));
    expect(trail.problem).not.toBe('');
    expect(lines.filter((l) => l['code'] === 'AUDIT').length).toBe(1);
    rmSync(folder);
    trail.record(event('PUT /rules/c'));
    expect(trail.problem).toBe('');
    expect(trail.read(0, 10).map((e) => [e.seq, e.what])).toEqual([[1, 'PUT /rules/c']]);
  });
});

function messageOfJson(text: string): string {
  try {
    JSON.parse(text);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}
