// What of an object of properties has no effect: names that no declaration has, options that eKuiper has and this version has not, options that
// are taken and change nothing. Used for properties of connectors, options of rules and bodies of REST alike. The sentences go into a Told.
import { isRecord } from '../base/is-record.ts';
import { shownValue } from '../base/shown.ts';
import { asksForSomething, clamped, namesOf, type OptionSpec, rangeOf } from './props.ts';
import { notKnown, spelt } from './told.ts';

export interface Untaken {
  /** Sentences; for a strict caller they refuse. */
  told: string[];
  /** What must be refused: it asks for something that would not happen. */
  refused: string[];
}

/** @param what `Property`, `Option`, `Member`  @param of where, e.g. `sink mqtt_0` */
export function untaken(what: string, of: string, specs: readonly OptionSpec[], raw: Readonly<Record<string, unknown>>): Untaken {
  const found: Untaken = { told: [], refused: [] };
  walk(found, (name) => `${what} "${name}" of ${of}`, specs, raw, '');
  return found;
}

function walk(
  found: Untaken,
  place: (name: string) => string,
  specs: readonly OptionSpec[],
  raw: Readonly<Record<string, unknown>>,
  path: string,
): void {
  for (const [name, value] of Object.entries(raw)) {
    const low = name.toLowerCase();
    const spec = specs.find((s) => namesOf(s).some((n) => n.toLowerCase() === low));
    if (!spec) {
      const known = specs.filter((s) => s.absent === undefined).map((s) => s.name);
      found.told.push(notKnown(place(path + name), name, known));
      continue;
    }
    if (spec.absent !== undefined) {
      if (asksForSomething(value)) found.refused.push(`${place(path + name)} is not supported: ${spec.absent}`);
      continue;
    }
    if (spec.noEffect !== undefined) {
      const asked = asksForSomething(value) && shownValue(value) !== shownValue(spec.default) && shownValue(value) !== '{}';
      if (asked) found.told.push(`${place(path + name)} has no effect: ${spec.noEffect}.`);
      continue;
    }
    if (spec.clamps && typeof value === 'number' && value !== clamped(spec, value))
      found.told.push(`${place(path + name)}: ${value} is outside of ${rangeOf(spec)} and is taken as ${clamped(spec, value)}.`);
    if (!spec.fields) continue;
    for (const [i, part] of (Array.isArray(value) ? value : [value]).entries())
      if (typeof part === 'object' && part !== null && !Array.isArray(part))
        walk(found, place, spec.fields, part as Record<string, unknown>, `${path}${name}${Array.isArray(value) ? `[${i}]` : ''}.`);
  }
}

/** The object with all names in the spelling of their declaration, also inside members that declare their own. */
export function inOurSpelling(specs: readonly OptionSpec[], raw: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const out = { ...spelt(raw, specs.flatMap(namesOf)) };
  for (const { name, fields } of specs) {
    if (!fields) continue;
    const value = out[name];
    if (Array.isArray(value)) out[name] = value.map((v) => (isRecord(v) ? inOurSpelling(fields, v) : v));
    else if (isRecord(value)) out[name] = inOurSpelling(fields, value);
  }
  return out;
}
