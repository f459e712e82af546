// JSON, base64, hashes, ids and dates of the sprig set; eKuiper's json, base64 and prop.
import { nestingText, reserveText, spend } from '../../base/budget.ts';
import { nodeCrypto } from '../../base/node-builtins.ts';
import { DateTime } from '../../data/datetime.ts';
import { inZone, isZoneName } from '../../data/datetime-civil.ts';
import { formatDateTime, formatRfc3339 } from '../../data/datetime-format.ts';
import { formatV } from '../../data/go-format.ts';
import { tooDeep } from '../../data/json-nesting.ts';
import { isDateTime, type Value } from '../../data/value.ts';
import { between, fixed, type TemplateFunction } from './function.ts';
import { goLayout } from './go-layout.ts';
import { toInt } from './math.ts';
import { strval, text } from './strings.ts';

export interface TemplateEnv {
  now(): number;
  timeZone: string;
  /** Value of KUIPER_PROPS_<NAME>. */
  property(name: string): string | undefined;
  /** Go's encoding/json. */
  toJson(v: Value): string;
}

const parsed = (json: string): Value => {
  if (tooDeep(json)) throw new Error(nestingText);
  spend(json.length / 8);
  return JSON.parse(json) as Value;
};

/** Each value of indented JSON has a line, which begins with two blanks for each level. */
function reserveIndented(json: string): void {
  let lines = 1;
  let depth = 0;
  let deepest = 0;
  for (const c of json)
    if (c === ',') lines++;
    else if (c === '{' || c === '[') {
      lines += 2;
      if (++depth > deepest) deepest = depth;
    } else if (c === '}' || c === ']') depth--;
  spend(json.length);
  reserveText(json.length + lines * 2 * deepest);
}

const hash = (algorithm: string) => fixed(1, (v) => nodeCrypto().createHash(algorithm).update(text(v)).digest('hex'));

/** A point in time from a datetime, epoch seconds (sprig takes int64 as seconds) or now. */
function timeOf(v: Value, env: TemplateEnv): DateTime {
  if (isDateTime(v)) return v;
  if (typeof v === 'bigint') return new DateTime(v * 1_000_000_000n, env.timeZone);
  if (typeof v === 'number') return new DateTime(BigInt(Math.trunc(v)) * 1_000_000_000n, env.timeZone);
  return DateTime.fromMs(env.now(), env.timeZone);
}

export function encodingFunctions(env: TemplateEnv): Record<string, TemplateFunction> {
  const toJson = fixed(1, (v) => env.toJson(v));
  const b64enc = fixed(1, (v) => Buffer.from(v instanceof Uint8Array ? v : text(v)).toString('base64'));
  const date = (layout: Value, t: Value, zone = env.timeZone) => formatDateTime(inZone(timeOf(t, env), zone), goLayout(text(layout)));
  let counter = 0n;
  return {
    json: toJson,
    toJson,
    mustToJson: toJson,
    // without Go's escapes of < > &
    toRawJson: fixed(1, (v) =>
      env.toJson(v).replace(/\\u003c|\\u003e|\\u0026/g, (e) => String.fromCharCode(Number.parseInt(e.slice(2), 16))),
    ),
    toPrettyJson: fixed(1, (v) => {
      const compact = env.toJson(v);
      reserveIndented(compact);
      return JSON.stringify(JSON.parse(compact), null, 2);
    }),
    fromJson: fixed(1, (v) => parsed(text(v))),
    base64: fixed(1, (v) =>
      Buffer.from(typeof v === 'string' ? v : v instanceof Uint8Array ? v : typeof v === 'object' ? env.toJson(v) : formatV(v)).toString(
        'base64',
      ),
    ),
    b64enc,
    b64dec: fixed(1, (v) => {
      const t = text(v);
      // sprig gives the error as the result
      if (t.length % 4 || !/^[A-Za-z0-9+/]*={0,2}$/.test(t))
        return `illegal base64 data at input byte ${/^[A-Za-z0-9+/]*/.exec(t)![0].length}`;
      return Buffer.from(t, 'base64').toString();
    }),
    md5sum: hash('md5'),
    sha1sum: hash('sha1'),
    sha256sum: hash('sha256'),
    sha512sum: hash('sha512'),
    uuidv4: fixed(0, () => nodeCrypto().randomUUID()),
    prop: fixed(1, (name) => {
      const key = text(name).toLowerCase();
      if (key === 'et') return String(env.now());
      if (key === 'snowflake') return String((BigInt(env.now()) << 22n) | (counter++ & 0x3fffffn));
      return env.property(key) ?? text(name);
    }),
    now: fixed(0, () => DateTime.fromMs(env.now(), env.timeZone)),
    date: fixed(2, date),
    dateInZone: fixed(3, (layout, t, zone) => date(layout, t, isZoneName(text(zone)) ? text(zone) : 'UTC')),
    date_in_zone: fixed(3, (layout, t, zone) => date(layout, t, isZoneName(text(zone)) ? text(zone) : 'UTC')),
    unixEpoch: fixed(1, (t) => String(timeOf(t, env).epochNs / 1_000_000_000n)),
    toDate: fixed(2, (_layout, v) => {
      const ms = Date.parse(text(v));
      if (Number.isNaN(ms)) throw new Error(`cannot parse ${JSON.stringify(v)} as a date`);
      return DateTime.fromMs(ms, env.timeZone);
    }),
    duration: fixed(1, (v) => {
      const s = Number(toInt(v));
      return `${s >= 3600 ? `${Math.floor(s / 3600)}h` : ''}${s >= 60 ? `${Math.floor((s % 3600) / 60)}m` : ''}${s % 60}s`;
    }),
    rfc3339: between(0, 1, (t: Value) => formatRfc3339(timeOf(t, env))),
    env: fixed(1, () => {
      throw new Error('env is not available: the environment holds secrets. Use prop with KUIPER_PROPS_<NAME>');
    }),
    quoteJson: fixed(1, (v) => JSON.stringify(strval(v))),
  };
}
