// One plugin: its versions on disk, the one in effect, and how another takes its place. The kinds differ only in `activate`
// (function-activation.ts, remote-activation.ts). Used by plugin-registry.ts.

import { type PluginKind, shownVersion } from '../files/plugin-file.ts';
import type { FoundFile } from '../files/scan.ts';
import type { ModuleText } from '../worker/load-module.ts';
import { modeTexts, type Placement } from './trust.ts';

export type VersionState = 'running' | 'superseded' | 'failed' | 'quarantined';

export interface VersionInfo {
  version: string;
  file: string;
  state: VersionState;
  reason?: string;
}

export interface Candidate {
  readonly file: FoundFile;
  state: VersionState;
  reason: string;
  /** Name of a function that another plugin has; when it is free, this version is tried again. */
  readonly cause?: string;
}

/** A version in effect. */
export interface Active {
  readonly file: FoundFile;
  readonly text: ModuleText;
  /** Names of SQL functions; [] for sources and sinks. */
  readonly functions: readonly string[];
  readonly offers: readonly ('source' | 'sink' | 'lookup')[];
  /** Changes when rules must be planned anew (an aggregate became a scalar, a function came or went). */
  readonly shape: string;
  /** How it runs and why; set by the registry. */
  readonly placement?: Placement;
  /** What its author should know although it runs. */
  readonly note?: string;
  /** Ends the worker of its functions, if they have one. */
  close?(): Promise<void>;
}

export interface PluginEntry {
  readonly kind: PluginKind;
  readonly name: string;
  candidates: Candidate[];
  /** Files that it was asked to choose from last; the answer may be under way. */
  wanted: readonly FoundFile[];
  /** Names of functions by its metadata, at that time. */
  names: string;
  active: Active | undefined;
  /** Ends of its worker by force, epoch ms. */
  deaths: number[];
  lateErrors: number;
  lastError: string;
}

export interface PluginDescription {
  name: string;
  version: string;
  [more: string]: unknown;
}

export function describeEntry(e: PluginEntry, registered: readonly string[] | undefined): PluginDescription {
  const latest = e.candidates[0];
  const reason = latest?.reason ?? '';
  return {
    name: e.name,
    version: shownVersion(e.active?.file.version ?? latest?.file.version ?? ''),
    ...(registered ? { functions: registered } : {}),
    state: e.active ? 'running' : (latest?.state ?? 'failed'),
    ...(reason ? { reason } : {}),
    ...(e.active ? { file: e.active.file.path } : {}),
    ...modeOf(e.active?.placement),
    ...(e.active?.note ? { note: e.active.note } : {}),
    ...(e.lateErrors ? { lateErrors: e.lateErrors, lastError: e.lastError } : {}),
    versions: e.candidates.map(
      (c): VersionInfo => ({
        version: shownVersion(c.file.version),
        file: c.file.path,
        state: c.state,
        ...(c.reason ? { reason: c.reason } : {}),
      }),
    ),
  };
}

const modeOf = (p: Placement | undefined): Record<string, unknown> =>
  p === undefined
    ? {}
    : {
        mode: p.mode,
        modeMeans: modeTexts[p.mode],
        modeBecause: p.why,
        ...(p.limits ? { may: { read: p.limits.read, write: p.limits.write, net: p.limits.net } } : {}),
      };
