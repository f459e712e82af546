// Who may call, and where REST may listen.
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkListenAddress, hostNameOf, isLoopback, refusalWithoutToken } from '../../src/rest/access.ts';
import { readCredentials } from '../../src/rest/credentials.ts';

describe('callers without token', () => {
  test.for(['localhost', '127.0.0.1', '127.8.8.8', '[::1]', '::1'])('%s is loopback', (host) => expect(isLoopback(host)).toBe(true));
  test.for(['localhost.evil.com', '10.0.0.1', '128.0.0.1', '127.evil.com', '0.0.0.0', ''])('%s is not', (host) =>
    expect(isLoopback(host)).toBe(false),
  );

  test('a name that resolves to loopback is refused (DNS rebinding)', () => {
    expect(refusalWithoutToken({ host: 'evil.com:9081', origin: undefined, site: undefined }, [])).toContain(
      '"evil.com:9081" is not one of this server',
    );
    expect(refusalWithoutToken({ host: undefined, origin: undefined, site: undefined }, [])).toBeDefined();
    expect(refusalWithoutToken({ host: '127.0.0.1:9081', origin: undefined, site: undefined }, [])).toBeUndefined();
    expect(refusalWithoutToken({ host: 'edge.local', origin: undefined, site: undefined }, ['edge.local'])).toBeUndefined();
  });

  test('a page of another origin is refused, also one without a name', () => {
    const host = '127.0.0.1:9081';
    expect(refusalWithoutToken({ host, origin: 'https://evil.com', site: 'cross-site' }, [])).toContain('may not call');
    expect(refusalWithoutToken({ host, origin: 'null', site: undefined }, [])).toBeDefined();
    expect(refusalWithoutToken({ host, origin: 'http://127.0.0.1.evil.com', site: undefined }, [])).toBeDefined();
    expect(refusalWithoutToken({ host, origin: 'http://localhost:3000', site: 'cross-site' }, [])).toBeUndefined();
  });

  test('an image or a link of another site is refused: browsers name the site where they send no origin', () => {
    const host = '127.0.0.1:9081';
    expect(refusalWithoutToken({ host, origin: undefined, site: 'cross-site' }, [])).toContain('pages of another site');
    expect(refusalWithoutToken({ host, origin: undefined, site: 'same-origin' }, [])).toBeUndefined();
    expect(refusalWithoutToken({ host, origin: undefined, site: 'none' }, [])).toBeUndefined();
  });

  test('host names are cut out of headers', () => {
    expect(hostNameOf('[::1]:9081')).toBe('[::1]');
    expect(hostNameOf('http://a.b:1')).toBe('a.b');
  });
});

describe('listen address', () => {
  const code = (ip: string, authentication: boolean, credentials: number): string => {
    try {
      checkListenAddress(ip, 9081, authentication, credentials);
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  };
  test('loopback needs nothing', () => expect(code('127.0.0.1', false, 0)).toBe(''));
  test('any other address needs authentication and somebody to let in', () => {
    expect(code('0.0.0.0', false, 3)).toContain(
      'refusing to serve REST on 0.0.0.0:9081 without credentials: basic.authentication is false',
    );
    expect(code('0.0.0.0', true, 0)).toContain('neither a public key nor a token in etc/mgmt');
    expect(code('192.168.1.5', true, 1)).toBe('');
  });
});

describe('credentials', () => {
  let folder: string;
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kuiper-mgmt-'));
    writeFileSync(join(folder, 'site.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
    const hash = (token: string) => createHash('sha256').update(token).digest('hex');
    writeFileSync(
      join(folder, 'tokens'),
      `# made at first boot\ndevice admin ${hash('device-token')}\npanel viewer ${hash('panel-token')}\n`,
    );
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const nowMs = 1_800_000_000_000;
  const jwt = (claims: object, header: object = { alg: 'RS256', typ: 'JWT' }) => {
    const text = [header, claims].map((p) => Buffer.from(JSON.stringify(p)).toString('base64url')).join('.');
    return `${text}.${sign('RSA-SHA256', Buffer.from(text), privateKey).toString('base64url')}`;
  };
  const good = { iss: 'site.pub', aud: 'eKuiper', exp: nowMs / 1000 + 60 };

  test('a JWT of a known key is let in, with or without Bearer', () => {
    const c = readCredentials(folder);
    expect(c.count).toBe(3);
    expect(c.check(jwt(good), nowMs)).toEqual({ role: 'admin', who: 'site.pub' });
    expect(c.check(jwt({ ...good, sub: 'ann' }), nowMs)).toEqual({ role: 'admin', who: 'ann' });
    expect(c.check(`Bearer ${jwt({ ...good, aud: ['x', 'eKuiper'] })}`, nowMs)).toEqual({ role: 'admin', who: 'site.pub' });
  });

  test.for<[string, () => string, string]>([
    ['nothing', () => '', 'missing_token'],
    ['expired', () => jwt({ ...good, exp: nowMs / 1000 - 1 }), 'token is expired'],
    ['not yet valid', () => jwt({ ...good, nbf: nowMs / 1000 + 5 }), 'token is not valid yet'],
    ['another audience', () => jwt({ ...good, aud: 'other' }), 'audience is not eKuiper'],
    ['an unknown key', () => jwt({ ...good, iss: 'other.pub' }), 'iss names no public key of etc/mgmt'],
    ['a path as key', () => jwt({ ...good, iss: '../mgmt/site.pub' }), 'iss names no public key of etc/mgmt'],
    ['algorithm none', () => jwt(good, { alg: 'none' }), 'signing method must be RS256'],
    ['algorithm HS256', () => jwt(good, { alg: 'HS256' }), 'signing method must be RS256'],
    [
      'a changed claim',
      () => jwt(good).replace(/\.[^.]+\./, `.${Buffer.from(JSON.stringify({ ...good, x: 1 })).toString('base64url')}.`),
      'signature is invalid',
    ],
    ['nonsense', () => 'a.b.c', 'token is malformed'],
    ['an unknown token', () => 'device-tokem', 'unknown token'],
  ])('%s is refused', ([, token, reason]) => {
    expect(readCredentials(folder).check(token(), nowMs)).toEqual({ refused: reason });
  });

  test('tokens have roles, and only their hashes are stored', () => {
    const c = readCredentials(folder);
    expect(c.check('Bearer device-token', nowMs)).toEqual({ role: 'admin', who: 'device' });
    expect(c.check('panel-token', nowMs)).toEqual({ role: 'viewer', who: 'panel' });
  });

  test('a bad line names file and number', () => {
    writeFileSync(join(folder, 'tokens'), 'a admin 00\n');
    expect(() => readCredentials(folder)).toThrow('tokens:1: a: expected the SHA-256 of the token');
    writeFileSync(join(folder, 'tokens'), '\nb root 00\n');
    expect(() => readCredentials(folder)).toThrow('tokens:2: b: "root" is not a role (admin, viewer)');
  });

  test('a missing folder means nobody', () => expect(readCredentials(join(folder, 'none')).count).toBe(0));
});
