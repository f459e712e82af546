// What is wrong with a plugin, in lines for a terminal. Used by `show plugins` and `plugin release`.

/** As REST describes it; see src/plugin-host/versions/plugin-entry.ts. */
export interface ShownPlugin {
  name: string;
  version: string;
  state: string;
  reason?: string;
  /** What to know although it runs. */
  note?: string;
  versions: readonly { version: string; file: string; state: string; reason?: string }[];
}

/** @returns one line for each version that should run and does not; [] when all is well */
export function pluginFaults({ state, reason, note, versions }: ShownPlugin): string[] {
  const notes = note ? [`  note: ${note}`] : [];
  const bad = versions.filter((v) => v.state === 'failed' || v.state === 'quarantined');
  if (bad.length > 0)
    return [...notes, ...bad.map((v) => `  ${v.version ? `version ${v.version} is ${v.state}` : v.state}: ${v.reason ?? ''}`)];
  return state !== 'running' && reason ? [`  ${state}: ${reason}`] : notes;
}
