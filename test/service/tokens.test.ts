// Tokens over REST: made with their secret shown once, counted by the very reader of credentials, removed, and never the last admin.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLog } from '../../src/base/log.ts';
import { readCredentials } from '../../src/rest/credentials.ts';
import { logRoutes } from '../../src/rest/routes/logs.ts';
import { createTokens, type Tokens } from '../../src/service/index.ts';

let etc: string;
let reloads: number;
let fails: Error | undefined;
let tokens: Tokens;
beforeEach(() => {
  etc = mkdtempSync(join(tmpdir(), 'kuiper-tokens-'));
  reloads = 0;
  fails = undefined;
  tokens = createTokens(etc, () => {
    reloads++;
    const error = fails;
    fails = undefined;
    if (error) throw error;
  });
});
afterEach(() => rmSync(etc, { recursive: true, force: true }));
const file = () => readFileSync(join(etc, 'mgmt/tokens'), 'utf8');
const roleOf = (token: string) => readCredentials(join(etc, 'mgmt')).check(`Bearer ${token}`, Date.now());

describe('tokens', () => {
  // @covers issue:23#1
  test('one that was made lets its bearer in with its role, and the file holds only its hash', () => {
    const admin = tokens.add('owner', 'admin');
    const viewer = tokens.add('guest', 'viewer');
    expect([roleOf(admin), roleOf(viewer)]).toMatchObject([{ role: 'admin' }, { role: 'viewer' }]);
    expect(admin).toMatch(/^[\w-]{43}$/);
    expect(file()).not.toContain(admin);
    expect(tokens.list()).toEqual([
      { name: 'owner', role: 'admin' },
      { name: 'guest', role: 'viewer' },
    ]);
    expect(reloads).toBe(2);
  });

  test('one that was removed lets nobody in; comments and the others stay', () => {
    tokens.add('owner', 'admin');
    writeFileSync(join(etc, 'mgmt/tokens'), `# by hand\n${file()}`);
    const viewer = tokens.add('guest', 'viewer');
    tokens.remove('guest');
    expect(roleOf(viewer)).toEqual({ refused: 'unknown token' });
    expect(file()).toMatch(/^# by hand\nowner admin [0-9a-f]{64}\n$/);
    expect(() => tokens.remove('guest')).toThrow('there is no token guest');
  });

  test('the last admin stays, a second of the same name and odd names and roles are refused', () => {
    tokens.add('owner', 'admin');
    expect(() => tokens.remove('owner')).toThrow('owner is the last token of the role admin');
    expect(() => tokens.add('owner', 'viewer')).toThrow('there is a token owner');
    expect(() => tokens.add('a b', 'viewer')).toThrow('the name of a token');
    expect(() => tokens.add('x\ny admin', 'viewer')).toThrow('the name of a token');
    expect(() => tokens.add('x', 'root')).toThrow('role: expected one of admin, viewer');
    tokens.add('second', 'admin');
    tokens.remove('owner');
    expect(tokens.list()).toEqual([{ name: 'second', role: 'admin' }]);
  });

  test('a change that the gateway would not start with is taken back', () => {
    tokens.add('owner', 'admin');
    const before = file();
    fails = new Error('refused');
    expect(() => tokens.add('guest', 'viewer')).toThrow('refused');
    expect(file()).toBe(before);
  });
});

describe('the kept lines of the log', () => {
  test('are the latest ones, numbered, at every level that is written, with secrets masked', () => {
    const written: string[] = [];
    const log = createLog({ level: 'info', write: (line) => void written.push(line) });
    log.debug({}, 'not written');
    log.child({ rule: 'r' }).info({ password: 'planted' }, 'one');
    log.atLevel('debug').debug({}, 'two');
    for (let i = 0; i < 500; i++) log.info({ i }, 'many');
    const kept = log.recent!(0);
    expect([kept.length, kept.at(-1)!.number]).toEqual([400, 502]);
    expect(kept.at(-1)!.line).toBe(written.at(-1));
    expect(written.join('')).not.toContain('planted');
    expect(log.recent!(500).map((l) => l.number)).toEqual([501, 502]);
    log.info({ text: 'x'.repeat(5000) }, 'long');
    expect(log.recent!(502)[0]!.line.length).toBe(1500);
    const [route] = logRoutes(log);
    const answer = route!.handle({ query: new URLSearchParams('after=502') } as never) as { body: string };
    expect(JSON.parse(answer.body)).toMatchObject([{ number: 503 }]);
  });
});
