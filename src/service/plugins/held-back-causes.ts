// What the health of a rule says about a new version of a plugin that it uses and does not get. Called by the definitions of rules.
import type { HeldBack } from '../../plugin-host/index.ts';
import type { Cause } from '../../runtime/index.ts';
import { type RuleText, rulesTouchedBy } from './rules-touched-by.ts';

/** @param rule asked for only when a version is held back */
export function heldBackCauses(held: readonly HeldBack[], rule: () => RuleText): Cause[] {
  if (held.length === 0) return [];
  const texts = [rule()];
  return held
    .filter((h) => h.inEffect !== undefined && rulesTouchedBy({ ...h, what: 'moved' }, texts).length > 0)
    .map((h) => ({
      step: 'rule',
      at: `${h.kind}/${h.name}`,
      kind: 'plugin-version',
      problem: false,
      text:
        `${named(h.version)} of plugin ${h.name} is not in effect (${h.state === 'quarantined' ? 'quarantined' : 'it was refused'}): ${ended(h.reason)} ` +
        `${named(h.inEffect!)} keeps running.`,
      cure: `Correct ${h.file}, or remove it.`,
      sinceMs: 0,
      count: 1,
    }));
}

const named = (version: string): string => (version === '' ? 'The version without a number' : `Version ${version}`);
const ended = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);
