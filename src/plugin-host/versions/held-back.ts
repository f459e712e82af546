// Versions of plugins that would take effect if they worked: the latest of a plugin, refused or quarantined, while an older one runs or none does.
// Asked for the health of the rules that use them.
import { type PluginKind, shownVersion } from '../files/plugin-file.ts';
import type { PluginEntry } from './plugin-entry.ts';

export interface HeldBack {
  readonly kind: PluginKind;
  readonly name: string;
  readonly file: string;
  readonly version: string;
  readonly state: 'failed' | 'quarantined';
  readonly reason: string;
  /** SQL functions of the version in effect. */
  readonly functions: readonly string[];
  /** Version in effect. Undefined: none. */
  readonly inEffect: string | undefined;
}

export function heldBackOf(entries: Iterable<PluginEntry>): HeldBack[] {
  const found: HeldBack[] = [];
  for (const { kind, name, candidates, active } of entries) {
    const latest = candidates[0];
    if (!latest || (latest.state !== 'failed' && latest.state !== 'quarantined')) continue;
    found.push({
      kind,
      name,
      file: latest.file.path,
      version: shownVersion(latest.file.version),
      state: latest.state,
      reason: latest.reason,
      functions: active?.functions ?? [],
      inEffect: active && shownVersion(active.file.version),
    });
  }
  return found;
}
