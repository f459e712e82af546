// Secrets: which names and texts are masked, and that a masked text that comes back gets its own secret, whatever was moved or edited.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { messageOf } from '../../src/base/errors/gateway-error.ts';
import { createLog, createMemoryLog } from '../../src/base/log.ts';
import { isSecretName, maskText, maskValue, placesOfMasks, restoreSecrets } from '../../src/base/secrets.ts';

describe('names', () => {
  test.each([
    'password',
    'Passwd',
    'saslPassword',
    'secret',
    'clientSecret',
    'accessToken',
    'token',
    'X-Api-Key',
    'apikey',
    'api_key',
    'X-Auth',
    'Authorization',
    'Proxy-Authorization',
    'Cookie',
    'privateKeyRaw',
    'aesKey',
    'passphrase',
  ])('%s holds a secret', (name) => {
    expect(isSecretName(name)).toBe(true);
  });
  test.each(['privateKeyPath', 'key', 'keyfield', 'primaryKey', 'username', 'topic', 'tokenUrl', 'compass1', 'server', 'fields'])(
    '%s holds none',
    (name) => {
      expect(isSecretName(name)).toBe(false);
    },
  );
});

describe('texts', () => {
  test.each([
    ['tcp://joe:hidden@h:1883,ssl://joe:hidden@i', 'tcp://joe:******@h:1883,ssl://joe:******@i'],
    ['cannot reach http://joe:hid@den@h/x: refused', 'cannot reach http://joe:******@h/x: refused'],
    ['http://h/x?token=hidden&unit=C&api_key=hidden#a', 'http://h/x?token=******&unit=C&api_key=******#a'],
    ['joe:hidden@tcp(127.0.0.1:3306)/db', 'joe:******@tcp(127.0.0.1:3306)/db'],
    ['mysql://joe:hidden@h/db?charset=utf8', 'mysql://joe:******@h/db?charset=utf8'],
    ['Bearer hidden.hidden', 'Bearer ******'],
    ['tcp://127.0.0.1:1883', 'tcp://127.0.0.1:1883'],
    ['{"a": "{{.a}}", "at": "x@y"}', '{"a": "{{.a}}", "at": "x@y"}'],
    ['Basic figures of pump 7', 'Basic figures of pump 7'],
    ['', ''],
  ])('%s', (text, shown) => {
    expect(maskText(text)).toBe(shown);
  });

  // its work is in regular expressions, which no counter of ours sees: the time for four times the text, best of several, beside that for the text
  test('no text makes it slow', () => {
    const bestMs = (text: string) => {
      let best = Number.POSITIVE_INFINITY;
      for (let i = 0; i < 7; i++) {
        const before = process.cpuUsage();
        maskText(text);
        const { user, system } = process.cpuUsage(before);
        best = Math.min(best, (user + system) / 1000);
      }
      return best;
    };
    for (const c of [':', '@', '/', 'a://', '?a=', 'a:', 'bearer ']) {
      const text = (length: number) => `${c.repeat(length / c.length)}@=`;
      // quadratic: 16 times; below 2 ms the clock is too coarse to tell
      expect(bestMs(text(240_000)), c).toBeLessThan(Math.max(2, 10 * bestMs(text(60_000))));
    }
  });
});

describe('values', () => {
  const stored = {
    actions: [
      { mqtt: { server: 'tcp://joe:one@h', topic: 't', password: 'two' } },
      { mqtt: { server: 'tcp://h', topic: 'u', password: 123456 } },
      { rest: { url: 'http://h?token=three', headers: { 'X-Api-Key': 'four', Cookie: 'five' }, bodyType: 'json' } },
    ],
  };

  test('numbers, headers, addresses and queries are masked', () => {
    expect(JSON.stringify(maskValue(stored))).not.toMatch(/one|two|123456|three|four|five/);
    expect(maskValue({ pass: 5, on: true, token: null, n: 5 })).toEqual({ pass: '******', on: true, token: null, n: 5 });
  });

  test('what was read and written back is what was stored', () => {
    expect(restoreSecrets(maskValue(stored), stored)).toEqual(stored);
  });

  test('property: for any configuration', () => {
    const leaf = fc.oneof(
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.constantFrom('tcp://u:p@h', 'http://h?token=x', '******'),
    );
    const key = fc.constantFrom('password', 'token', 'server', 'topic', 'list', 'headers');
    const tree = fc.letrec((tie) => ({
      node: fc.oneof({ maxDepth: 4 }, leaf, fc.array(tie('node'), { maxLength: 4 }), fc.dictionary(key, tie('node'), { maxKeys: 4 })),
    })).node;
    fc.assert(
      fc.property(tree, (value) => {
        expect(restoreSecrets(maskValue(value), value)).toEqual(value);
      }),
      { numRuns: 500 },
    );
  });

  test('elements of a list keep their own secrets when they are moved, added and removed', () => {
    const shown = maskValue(stored) as typeof stored;
    const [a, b, c] = shown.actions;
    const back = restoreSecrets({ actions: [c, { log: {} }, b, a] }, stored) as { actions: unknown[] };
    expect(back.actions).toEqual([stored.actions[2], { log: {} }, stored.actions[1], stored.actions[0]]);
    expect(restoreSecrets({ actions: [b] }, stored)).toEqual({ actions: [stored.actions[1]] });
  });

  test('an address that was edited keeps its password', () => {
    expect(restoreSecrets({ server: 'ssl://joe:******@new:8883' }, { server: 'tcp://joe:one@h' })).toEqual({
      server: 'ssl://joe:one@new:8883',
    });
    expect(restoreSecrets({ url: 'http://new/?a=1&token=******' }, { url: 'http://h?token=t' })).toEqual({
      url: 'http://new/?a=1&token=t',
    });
  });

  test('what has no counterpart is told with its place', () => {
    expect(placesOfMasks(restoreSecrets({ a: [{ password: '******' }], u: 'tcp://j:******@h' }, {}))).toEqual(['a/0/password', 'u']);
  });
});

describe('error texts', () => {
  test('quote addresses without their secrets', () => {
    expect(messageOf(new Error('GET http://joe:hidden@h/x?token=hidden: connect ECONNREFUSED'))).toBe(
      'GET http://joe:******@h/x?token=******: connect ECONNREFUSED',
    );
    expect(messageOf({ message: 'tcp://joe:hidden@h' })).toBe('tcp://joe:******@h');
  });
});

describe('the log', () => {
  test('masks fields, addresses and errors; rows that a rule logs stay as they are', () => {
    const { log, lines } = createMemoryLog();
    log.info({ token: 'hidden', key: 'basic.x', payload: '[{"u":"tcp://a:b@c"}]', error: new Error('tcp://joe:hidden@h: refused') }, 'x');
    expect(lines[0]).toMatchObject({
      token: '******',
      key: 'basic.x',
      payload: '[{"u":"tcp://a:b@c"}]',
      error: 'tcp://joe:******@h: refused',
    });
  });

  test('a clock that is set back holds nothing back', () => {
    let nowMs = Date.UTC(2030, 0, 1);
    const lines: string[] = [];
    const log = createLog({ write: (line) => void lines.push(line), now: () => nowMs });
    const warn = () => log.warn({ code: 'X' }, 'x');
    warn();
    warn();
    nowMs = Date.UTC(2026, 0, 1);
    warn();
    warn();
    expect(lines.length).toBe(2);
    expect(lines[1]).toContain('"suppressed":1');
  });

  test('faults of different files and connections do not hold each other back', () => {
    const { log, lines } = createMemoryLog();
    for (const place of ['kuiper.yaml:1', 'kuiper.yaml:2', 'kuiper.yaml:1']) log.warn({ code: 'X', place }, 'x');
    for (const connection of ['a', 'b', 'a']) log.warn({ code: 'X', connection }, 'x');
    expect(lines.map((l) => l['place'] ?? l['connection'])).toEqual(['kuiper.yaml:1', 'kuiper.yaml:2', 'a', 'b']);
  });
});
