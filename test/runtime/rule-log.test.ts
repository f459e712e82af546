// Options debug and logFilename of a rule.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseRuleOptions } from '../../src/runtime/index.ts';
import { filterProgram, type Harness, harness } from './harness.ts';

let h: Harness;
beforeEach(() => {
  h = harness({ logLevel: 'info', logFolder: true });
});
afterEach(() => h.end());

const file = () => join(h.dataDir, 'log', 'r.log');
const lines = () =>
  readFileSync(file(), 'utf8')
    .trim()
    .split('\n')
    .map((l) => JSON.parse(l) as { level: string; msg: string; rule: string });

describe('log of a rule', () => {
  it('has its own file with logFilename, beside the log of the gateway, without passwords', async () => {
    const rule = h.runtime.createRule(h.define('r', filterProgram('a'), { options: { logFilename: 'r.log' } }));
    await rule.start();
    h.sources[0]!.emit('{oops');
    h.sink.behaviour = 'away';
    h.sink.awayText = 'cannot reach tcp://user:pa55@host:1883';
    h.sources[0]!.emit('{"a":1}');
    const stopping = rule.stop();
    await h.settle(() => rule.state === 'stopped');
    await stopping;
    const own = lines();
    expect(own).toContainEqual(expect.objectContaining({ level: 'info', rule: 'r', msg: 'Rule runs.' }));
    expect(own).toContainEqual(expect.objectContaining({ level: 'warn', msg: 'A message failed.', op: 'source' }));
    expect(own).toContainEqual(expect.objectContaining({ level: 'warn', msg: 'Sink does not take data; it is tried again.' }));
    expect(h.lines).toContainEqual(expect.objectContaining({ level: 'warn', msg: 'Sink does not take data; it is tried again.' }));
    expect(readFileSync(file(), 'utf8')).toContain('tcp://user:******@host:1883');
    expect(JSON.stringify([own, h.lines])).not.toContain('pa55');
  });

  it('keeps debug lines only of rules with debug', async () => {
    for (const [id, debug] of [
      ['quiet', false],
      ['loud', true],
    ] as const)
      await h.runtime.createRule(h.define(id, filterProgram('a'), { options: { debug } })).start();
    expect(h.lines.filter((l) => l['msg'] === 'Rule runs.').map((l) => l['rule'])).toEqual(['loud']);
    expect(existsSync(join(h.dataDir, 'log'))).toBe(false);
  });

  it('says why a rule cannot start, and is closed then', async () => {
    const broken = () => {
      throw new Error('no such column');
    };
    const rule = h.runtime.createRule(h.define('r', broken, { options: { logFilename: 'r.log' } }));
    await rule.start();
    expect(lines()).toMatchObject([{ level: 'warn', rule: 'r', cause: 'no such column' }]);
  });

  it.each(['../x.log', '/etc/passwd', 'a/b.log', '.hidden', 'a\nb'])('refuses the file name %j', (logFilename) => {
    expect(() => parseRuleOptions('r', { logFilename })).toThrow('is not the plain name of a file');
  });
});
