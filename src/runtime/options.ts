// Parser of rule options by their declaration (option-specs.ts). The service parses once per rule; the planner and the runtime read the
// result. Stricter than properties of connectors: "5" is no number here, as in eKuiper. Error texts of the checks are eKuiper's.

import { GatewayError } from '../base/errors/gateway-error.ts';
import { shownValue } from '../base/shown.ts';
import { clamped, type OptionSpec, parseDurationMs, rangeOf } from '../contract/props.ts';
import { isZoneName } from '../data/datetime-civil.ts';
import { type DatetimeRange, type RuleOptions, ruleOptionSpecs } from './option-specs.ts';

export type { DatetimeRange, RuleOptions } from './option-specs.ts';

export function defaultRuleOptions(): RuleOptions {
  const declared = Object.fromEntries(ruleOptionSpecs.map((s) => [s.as ?? s.name, structuredClone(s.default)]));
  return { ...(declared as unknown as RuleOptions), sqlKept: false };
}

/** Parses the `options` object of a rule over defaults (kuiper.yaml `rule`). Names count in any letter case; unknown ones are left out and told
 *  of elsewhere (unknownRuleOptions).
 *  @throws GatewayError RULE_INVALID_OPTIONS naming every bad option */
export function parseRuleOptions(
  ruleId: string,
  raw: Readonly<Record<string, unknown>> | undefined,
  defaults = defaultRuleOptions(),
): RuleOptions {
  const o: RuleOptions = { ...defaults, restart: { ...defaults.restart } };
  if (!raw) return o;
  const problems: string[] = [];
  take(ruleOptionSpecs, raw, o as unknown as Record<string, unknown>, problems);
  if (o.restart.multiplier < 1 && o.restart.attempts > 0)
    problems.push('invalidRestartMultiplier:restart multiplier must be greater than 0');
  if (o.restart.jitterFactor < 0 || o.restart.jitterFactor >= 1)
    problems.push('invalidRestartJitterFactor:restart jitterFactor must between [0, 1)');
  if (problems.length) throw new GatewayError('RULE_INVALID_OPTIONS', { rule: ruleId, problems: problems.join('\n') });
  if (o.concurrency === 0) o.concurrency = 1;
  if (o.bufferLength === 0) o.bufferLength = 1;
  return o;
}

function take(
  specs: readonly OptionSpec[],
  raw: Readonly<Record<string, unknown>>,
  into: Record<string, unknown>,
  problems: string[],
): void {
  for (const spec of specs) {
    const value = memberOf(raw, spec.name);
    if (value === undefined || value === null) continue;
    const key = spec.as ?? spec.name;
    try {
      if (spec.name === 'cronDatetimeRange') into[key] = toRanges(value);
      else if (spec.name === 'restartStrategy') take(spec.fields!, toObject(value), into[key] as Record<string, unknown>, problems);
      else into[key] = typed(spec, value);
    } catch (error) {
      problems.push(`${spec.name}: ${(error as Error).message}`);
      continue;
    }
    const { [key]: v } = into;
    const { min = spec.error ? 0 : -Infinity, max = Infinity } = spec;
    if (typeof v !== 'number' || (v >= min && v <= max)) continue;
    if (spec.clamps) {
      into[key] = clamped(spec, v);
      continue;
    }
    problems.push((v > max ? undefined : spec.error) ?? `${spec.name}: ${shown(value)} is not allowed; allowed: ${rangeOf(spec)}`);
  }
}

/** A name that is spelt exactly wins over one in another case. */
function memberOf(raw: Readonly<Record<string, unknown>>, name: string): unknown {
  if (Object.hasOwn(raw, name)) return raw[name];
  const low = name.toLowerCase();
  const key = Object.keys(raw).find((k) => k.toLowerCase() === low);
  return key === undefined ? undefined : raw[key];
}

const TEXTS: Readonly<Record<string, (v: unknown) => string>> = { logFilename: toFileName, timezone: toZone };

function typed(spec: OptionSpec, v: unknown): unknown {
  switch (spec.type) {
    case 'bool':
      return toBool(v);
    case 'int':
      return toInt(v);
    case 'float':
      return toNumber(v);
    case 'duration':
      if (spec.name === 'expectEvery') return toInterval(v);
      return v === '' ? spec.default : parseDurationMs(v);
    case 'object':
      return toObject(v);
    default: {
      const text = (TEXTS[spec.name] ?? toText)(v).trim();
      if (spec.oneOf && !spec.oneOf.includes(text)) throw new Error(`${shown(v)} is not one of ${spec.oneOf.join(', ')}`);
      return text;
    }
  }
}

const shown = shownValue;

function toBool(v: unknown): boolean {
  if (typeof v !== 'boolean') throw new Error(`${shown(v)} is not true or false`);
  return v;
}

/** A pause of nothing would always be too long. */
function toInterval(v: unknown): number {
  const ms = parseDurationMs(v);
  if (ms !== 0 && ms < 1000) throw new Error(`${shown(v)} is shorter than a second; 0 means that nothing is expected`);
  return ms;
}

function toText(v: unknown): string {
  if (typeof v !== 'string') throw new Error(`${shown(v)} is not a text`);
  return v;
}

/** A file in the log folder, nowhere else. */
function toFileName(v: unknown): string {
  const name = toText(v);
  if (name !== '' && !/^(?!\.)[\w.@ -]{1,100}$/.test(name))
    throw new Error(`${shown(v)} is not the plain name of a file, such as "rule1.log"`);
  return name;
}

function toZone(v: unknown): string {
  const name = toText(v);
  if (!isZoneName(name)) throw new Error(`${shown(v)} is not a time zone such as "Europe/Berlin"`);
  return name;
}

function toNumber(v: unknown): number {
  if (typeof v !== 'number' || !Number.isFinite(v)) throw new Error(`${shown(v)} is not a number`);
  return v;
}

function toInt(v: unknown): number {
  const n = toNumber(v);
  if (!Number.isSafeInteger(n)) throw new Error(`${shown(v)} is not a whole number${Number.isInteger(n) ? ' that a number can hold' : ''}`);
  return n;
}

function toObject(v: unknown): Record<string, unknown> {
  if (typeof v !== 'object' || v === null || Array.isArray(v)) throw new Error(`${shown(v)} is not an object`);
  return v as Record<string, unknown>;
}

function toRanges(v: unknown): DatetimeRange[] {
  if (!Array.isArray(v)) throw new Error(`${shown(v)} is not a list of {begin, end}`);
  return v.map((entry, i) => {
    const r = toObject(entry);
    if (typeof r['beginTimestamp'] === 'number' && typeof r['endTimestamp'] === 'number' && (r['beginTimestamp'] || r['endTimestamp']))
      return { beginMs: r['beginTimestamp'], endMs: r['endTimestamp'] };
    const [begin, end] = [r['begin'], r['end']];
    const range = { beginMs: toMoment(begin, `[${i}].begin`), endMs: toMoment(end, `[${i}].end`) };
    return { ...range, wall: { begin: begin as string, end: end as string } };
  });
}

/** `YYYY-MM-DD hh:mm:ss` in the zone of the process, as eKuiper reads it; schedule.ts reads it in the rule's zone. */
function toMoment(v: unknown, what: string): number {
  const m = typeof v === 'string' ? /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)$/.exec(v) : null;
  if (!m) throw new Error(`${what}: ${shown(v)} is not a moment like "2026-01-31 08:00:00"`);
  return new Date(Number(m[1]), Number(m[2]) - 1, Number(m[3]), Number(m[4]), Number(m[5]), Number(m[6])).getTime();
}
