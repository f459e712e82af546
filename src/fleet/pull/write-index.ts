// Writes the index of a folder for gateways that follow it. Used by `kuiper fleet index`.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { writeDurably } from '../../base/durable-file.ts';
import { messageOf } from '../../base/errors/gateway-error.ts';
import { nodeCrypto } from '../../base/node-builtins.ts';
import { readFolder } from '../../service/apply/read-folder.ts';
import { type FleetIndex, INDEX, parseIndex, type Release, SIGNATURE } from './index-file.ts';

/** Name of the file that says which releases there are; without it the whole folder is one. */
export const RELEASES = 'releases.yaml';

interface WantedRelease {
  name?: string;
  folder?: string;
  rollout?: Release['rollout'];
  bundle?: { file?: string; version?: string };
}

/** @param key private Ed25519 key in PEM; without one the index is not signed
 *  @returns the index as it stands there now, and whether it is a new one  @throws Error with what is wrong; nothing is written then */
export async function writeIndex(folder: string, key: string | undefined): Promise<{ index: FleetIndex; changed: boolean }> {
  const releases: Release[] = [];
  for (const wanted of await wantedReleases(folder)) releases.push(releaseOf(folder, wanted));
  const file = join(folder, INDEX);
  const before = existsSync(file) ? parseIndex(readFileSync(file, 'utf8')) : undefined;
  const changed = JSON.stringify(before?.releases) !== JSON.stringify(releases);
  const index: FleetIndex = { format: 1, serial: (before?.serial ?? 0) + (changed ? 1 : 0), releases };
  const text = Buffer.from(`${JSON.stringify(index, undefined, 1)}\n`);
  parseIndex(text.toString());
  const signature = key === undefined ? undefined : sign(text, key);
  // the signature first: whoever looks in between finds an index that it does not fit, and looks again
  if (signature !== undefined) writeDurably(join(folder, SIGNATURE), `${signature}\n`, 0o644);
  if (changed) writeDurably(file, text, 0o644);
  return { index, changed };
}

function sign(text: Buffer, key: string): string {
  const crypto = nodeCrypto();
  const own = crypto.createPrivateKey(key);
  if (own.asymmetricKeyType !== 'ed25519')
    throw new Error(`the key is of type ${own.asymmetricKeyType}; make one with: openssl genpkey -algorithm ed25519 -out fleet.key`);
  return crypto.sign(null, text, own).toString('base64');
}

async function wantedReleases(folder: string): Promise<WantedRelease[]> {
  const file = join(folder, RELEASES);
  if (!existsSync(file)) return [{ name: 'main', folder: '' }];
  const { parse } = await import('yaml');
  let value: unknown;
  try {
    value = parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(`${RELEASES}: ${messageOf(error)}`);
  }
  if (!Array.isArray(value) || value.length === 0)
    throw new Error(`${RELEASES}: expected a list of releases with name, folder, rollout, bundle`);
  const known = ['name', 'folder', 'rollout', 'bundle'];
  for (const release of value as Record<string, unknown>[])
    for (const member of Object.keys(release ?? {}))
      if (!known.includes(member)) throw new Error(`${RELEASES}: ${member} means nothing; a release has ${known.join(', ')}`);
  return value as WantedRelease[];
}

function releaseOf(folder: string, { name, folder: below = name, rollout, bundle }: WantedRelease): Release {
  if (typeof name !== 'string' || !/^[\w.-]{1,64}$/.test(name))
    throw new Error(`${RELEASES}: each release needs a name of letters, digits, . _ -`);
  const files = Object.fromEntries(
    [...readFolder(join(folder, below!))]
      .filter(([path]) => below !== '' || ![INDEX, SIGNATURE, RELEASES].includes(path))
      .map(([path, content]) => [path, { sha256: hashOf(content), size: content.length }]),
  );
  const release: Release = { name, folder: below!, files, ...(rollout ? { rollout } : {}) };
  if (bundle === undefined) return release;
  if (typeof bundle.file !== 'string' || typeof bundle.version !== 'string')
    throw new Error(`${RELEASES}: the bundle of ${name} needs file and version`);
  const path = join(folder, bundle.file);
  return {
    ...release,
    bundle: { file: bundle.file, version: bundle.version, sha256: hashOf(readFileSync(path)), size: statSync(path).size },
  };
}

const hashOf = (content: Buffer): string => nodeCrypto().createHash('sha256').update(content).digest('hex');
