// Who decides how a plugin runs: the owner for a content, what comes with the gateway, a signature, and plugins.default for the rest.
import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createMemoryLog } from '../../../src/base/log.ts';
import { contentHash } from '../../../src/plugin-host/files/plugin-source.ts';
import { createTrust, type TrustSettings } from '../../../src/plugin-host/versions/trust.ts';

const root = mkdtempSync(join(tmpdir(), 'kuiper-trust-'));
const etc = join(root, 'etc');
const shipped = join(root, 'shipped');
for (const f of [join(etc, 'plugin-keys'), join(etc, 'functions'), join(shipped, 'functions')]) mkdirSync(f, { recursive: true });
afterAll(() => rmSync(root, { recursive: true }));
const { log } = createMemoryLog();
let settings: TrustSettings = { default: 'contained', trust: 'marks' };
const open = () => createTrust({ settings: () => settings, file: join(root, 'data/trust.json'), etc, shipped, log });
const put = (name: string, text: string) => {
  const path = join(root, name);
  writeFileSync(path, text);
  return { path, hash: contentHash(Buffer.from(text)) };
};

// @covers issue:13#4
test('a file on which nobody has decided runs as plugins.default says', () => {
  const { path, hash } = put('a.ts', 'a');
  settings = { default: 'contained', trust: 'marks' };
  expect(open().placementOf('functions', 'a', path, hash)).toEqual({ mode: 'contained', why: 'no other decision has been made' });
  settings = { default: 'trusted', trust: 'marks' };
  expect(open().placementOf('functions', 'a', path, hash)).toEqual({ mode: 'trusted', why: 'plugins.default says so' });
  settings = { default: 'contained', trust: 'marks' };
});

test('a decision belongs to a content and a name, outlives a restart, and can be taken back', () => {
  const { path, hash } = put('b.ts', 'b');
  const trust = open();
  expect(trust.mark('functions', 'b', hash, 'trusted')).toBeUndefined();
  expect(open().placementOf('functions', 'b', path, hash).mode).toBe('trusted');
  expect(open().placementOf('functions', 'b', path, contentHash(Buffer.from('b2'))).mode).toBe('contained');
  expect(open().placementOf('functions', 'other', path, hash).mode).toBe('contained');
  expect(open().placementOf('sinks', 'b', path, hash).mode).toBe('contained');
  expect(open().mark('functions', 'b', hash, undefined)).toBe('trusted');
  expect(open().placementOf('functions', 'b', path, hash).mode).toBe('contained');
});

test('what comes with the gateway is trusted, by content', () => {
  writeFileSync(join(shipped, 'functions/echo.ts'), 'echo');
  const { path, hash } = put('echo.ts', 'echo');
  expect(open().placementOf('functions', 'echo', path, hash)).toEqual({ mode: 'trusted', why: 'it comes with the gateway' });
  expect(open().placementOf('functions', 'echo', path, contentHash(Buffer.from('echo '))).mode).toBe('contained');
});

test('a signature of a known key makes a file trusted, only with plugins.trust: keys, and only for these bytes', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const stranger = generateKeyPairSync('ed25519');
  const { path, hash } = put('c.ts', 'signed');
  const signatureBy = (key: typeof privateKey, text = 'signed') => `${sign(null, Buffer.from(text), key).toString('base64')}\n`;
  writeFileSync(`${path}.sig`, signatureBy(privateKey));
  writeFileSync(join(etc, 'plugin-keys/us.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
  expect(open().placementOf('functions', 'c', path, hash).mode).toBe('contained');
  settings = { default: 'contained', trust: 'keys' };
  expect(open().placementOf('functions', 'c', path, hash)).toEqual({ mode: 'trusted', why: 'it is signed with the key us.pub' });
  writeFileSync(`${path}.sig`, signatureBy(stranger.privateKey));
  expect(open().placementOf('functions', 'c', path, hash).mode).toBe('contained');
  // several lines: while a key is replaced, one that is valid is enough
  writeFileSync(`${path}.sig`, signatureBy(stranger.privateKey) + signatureBy(privateKey));
  expect(open().placementOf('functions', 'c', path, hash).mode).toBe('trusted');
  writeFileSync(`${path}.sig`, signatureBy(privateKey, 'other bytes'));
  expect(open().placementOf('functions', 'c', path, hash).mode).toBe('contained');
  settings = { default: 'contained', trust: 'marks' };
});

test('a restricted plugin has what it asks for only after that was confirmed, and loses it when it asks for something else', () => {
  const { path, hash } = put('d.ts', 'd');
  const manifest = join(etc, 'functions/d.json');
  const own = [join(etc, 'functions/d'), root];
  writeFileSync(manifest, JSON.stringify({ grants: { read: ['/sys/class'], write: ['relative', '/tmp/d'], net: true } }));
  settings = { default: 'restricted', trust: 'marks' };
  expect(open().placementOf('functions', 'd', path, hash).limits).toEqual({ read: own, write: [], net: false });
  open().mark('functions', 'd', hash, 'restricted');
  expect(open().placementOf('functions', 'd', path, hash).limits).toEqual({ read: [...own, '/sys/class'], write: ['/tmp/d'], net: true });
  writeFileSync(manifest, JSON.stringify({ grants: { read: ['/'], net: true } }));
  const now = open().placementOf('functions', 'd', path, hash);
  expect(now.limits).toEqual({ read: own, write: [], net: false });
  expect(now.why).toContain('what it asks for is not confirmed');
  settings = { default: 'contained', trust: 'marks' };
});

test('damaged decisions are told of and leave everything contained', () => {
  const { path, hash } = put('e.ts', 'e');
  open().mark('functions', 'e', hash, 'trusted');
  writeFileSync(join(root, 'data/trust.json'), readFileSync(join(root, 'data/trust.json'), 'utf8').slice(0, 20));
  expect(open().placementOf('functions', 'e', path, hash).mode).toBe('contained');
});
