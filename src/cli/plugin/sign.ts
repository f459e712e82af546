// Signatures of plugins, as docs/plugins/signing.md says: of a file beside it, of an archive in it. Called by `kuiper plugin sign` and `install --key`.
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { messageOf } from '../../base/errors/gateway-error.ts';
import { readArchive, writeArchive } from '../../plugin-host/index.ts';
import { CliError } from '../cli-error.ts';
import { checksums } from './pack.ts';

/** Writes a private key and `<path>.pub`. @throws CliError when one is there */
export function newKey(path: string): void {
  for (const file of [path, `${path}.pub`])
    if (existsSync(file)) throw new CliError(`${file} exists; a key is never overwritten.`, 'failed');
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  writeFileSync(path, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' });
  writeFileSync(`${path}.pub`, publicKey.export({ type: 'spki', format: 'pem' }), { flag: 'wx' });
}

/** @throws CliError when it is not an Ed25519 key */
export function readKey(path: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(readFileSync(path));
  } catch (error) {
    throw new CliError(`${path} is not a private key in PEM: ${messageOf(error)}`, 'failed');
  }
  if (key.asymmetricKeyType !== 'ed25519')
    throw new CliError(
      `${path} is a key of type ${key.asymmetricKeyType}; plugins are signed with Ed25519 (kuiper plugin sign --new-key FILE).`,
      'failed',
    );
  return key;
}

/** @returns text of a signature file */
export const signatureOf = (bytes: Uint8Array, key: KeyObject): string => `${sign(null, bytes, key).toString('base64')}\n`;

export const isSignatureOf = (text: string, bytes: Uint8Array, key: KeyObject): boolean =>
  text
    .split('\n')
    .filter((l) => l.trim() !== '')
    .some((line) => verify(null, bytes, key.type === 'private' ? createPublicKey(key) : key, Buffer.from(line, 'base64')));

/** @returns the archive with a signature; one that was in it goes */
export function signArchive(zip: Buffer, key: KeyObject): Buffer {
  const entries = readArchive(zip).filter((e) => e.path !== 'plugin.sig');
  return writeArchive([...entries, { path: 'plugin.sig', content: Buffer.from(signatureOf(Buffer.from(checksums(entries)), key)) }]);
}
