// The colour of a rule.
import type { Tone } from '../ui.ts';

export function toneOf({ state, ok }: { state: string; ok: boolean }): Tone {
  if (state === 'running') return ok ? 'good' : 'bad';
  if (state === 'stopped') return 'idle';
  return /error|parked/.test(state) ? 'bad' : 'warn';
}
