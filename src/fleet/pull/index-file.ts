// The index of a folder that gateways follow: releases, the files of each with checksums, and who gets it. Written by `kuiper fleet index`, signed with
// Ed25519, read by agent.ts. The first release that admits a gateway is its own.
import type { KeyObject } from 'node:crypto';
import { messageOf } from '../../base/errors/gateway-error.ts';
import { nodeCrypto } from '../../base/node-builtins.ts';
import type { Identity } from '../identity.ts';

export const INDEX = 'index.json';
export const SIGNATURE = 'index.json.sig';

export interface IndexedFile {
  sha256: string;
  size: number;
}

export interface Bundle extends IndexedFile {
  /** Path below the folder. */
  file: string;
  version: string;
}

/** Absent members ask for nothing. */
export interface Rollout {
  /** 0 to 100: so many of the gateways, always the same ones; a higher figure adds to them. */
  percent?: number;
  groups?: readonly string[];
  /** Names or ids. */
  names?: readonly string[];
}

export interface Release {
  name: string;
  /** Folder of its files, '' = the top. */
  folder: string;
  files: Readonly<Record<string, IndexedFile>>;
  rollout?: Rollout;
  bundle?: Bundle;
}

export interface FleetIndex {
  format: 1;
  /** Grows with each change: an older index is not taken in the place of a newer one. */
  serial: number;
  releases: readonly Release[];
}

/** @throws Error with what is wrong */
export function parseIndex(text: string): FleetIndex {
  let value: Partial<FleetIndex>;
  try {
    value = JSON.parse(text) as Partial<FleetIndex>;
  } catch (error) {
    throw new Error(`${INDEX} is not JSON: ${messageOf(error)}`);
  }
  if (value?.format !== 1) throw new Error(`${INDEX} has format ${String(value?.format)}; this version knows format 1`);
  if (!Number.isSafeInteger(value.serial) || !Array.isArray(value.releases)) throw new Error(`${INDEX} has no serial or no releases`);
  for (const release of value.releases as Partial<Release>[]) {
    const at = `release ${String(release?.name)}`;
    if (typeof release?.name !== 'string' || typeof release.folder !== 'string' || typeof release.files !== 'object' || !release.files)
      throw new Error(`${at}: name, folder and files are needed`);
    for (const [path, file] of Object.entries(release.files)) checkFile(`${at}, ${path}`, path, file);
    if (release.bundle !== undefined) {
      checkFile(`${at}, bundle`, release.bundle.file, release.bundle);
      if (typeof release.bundle.version !== 'string') throw new Error(`${at}: the bundle has no version`);
    }
    const percent = release.rollout?.percent;
    if (percent !== undefined && !(typeof percent === 'number' && percent >= 0 && percent <= 100))
      throw new Error(`${at}: percent is not a number from 0 to 100`);
  }
  return value as FleetIndex;
}

function checkFile(at: string, path: unknown, file: unknown): void {
  const { sha256, size } = (file ?? {}) as Partial<IndexedFile>;
  if (typeof path !== 'string' || path.split('/').some((p) => p === '' || p === '.' || p === '..'))
    throw new Error(`${at}: the path leads out of the folder`);
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256) || !Number.isSafeInteger(size) || size! < 0)
    throw new Error(`${at}: sha256 and size are needed`);
}

/** @returns undefined when no release admits this gateway */
export function releaseFor({ releases }: FleetIndex, who: Identity): Release | undefined {
  return releases.find((r) => admits(r, who));
}

function admits({ name, rollout }: Release, who: Identity): boolean {
  if (rollout === undefined) return true;
  const { percent, groups, names } = rollout;
  if (names?.some((n) => n === who.name || n === who.id)) return true;
  if (groups !== undefined && !groups.some((g) => who.groups.includes(g))) return false;
  // with names alone the others are not meant
  if (groups === undefined && percent === undefined) return names === undefined;
  return percent === undefined || bucketOf(name, who.id) < percent;
}

/** 0 to 100, evenly spread, always the same for a gateway and a release. */
export function bucketOf(release: string, id: string): number {
  const hash = nodeCrypto().createHash('sha256').update(`${release}\0${id}`).digest();
  return (hash.readUInt32BE(0) / 2 ** 32) * 100;
}

/** @param signature base64  @returns whether one of the keys made it */
export function isSigned(text: Buffer, signature: string, keys: readonly KeyObject[]): boolean {
  const bytes = Buffer.from(signature.trim(), 'base64');
  return keys.some((key) => nodeCrypto().verify(null, text, key, bytes));
}
