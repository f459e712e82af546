// The recorded conformance vectors (test/conformance/vectors), run in process: decoder → program → encoder, without broker and REST.
// Comparison as the conformance runner does it (its header describes the files). Strict validation of streams is the source node's, so cases
// that need it are left to the daemon.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../conformance/vectors');

export interface ExprCase {
  name: string;
  area: string;
  rows: (Record<string, unknown> | string)[];
  fields?: string;
  /** Each rule has a source of its own. */
  isolated?: boolean;
  with?: string;
  exprs: { expr: string; out?: unknown[]; refused?: number; message?: string }[];
}

export interface FlowRule {
  name: string;
  sql?: string;
  options?: Record<string, unknown>;
  sink?: Record<string, unknown>;
  actions?: unknown;
  out?: unknown[];
  refused?: number;
  message?: string;
  unordered?: boolean;
  unorderedRows?: boolean;
}

export interface FlowCase {
  name: string;
  area: string;
  streams?: string[];
  tables?: string[];
  rules: FlowRule[];
  inputs?: { topic: string; payload: unknown; delayMs?: number; repeat?: number }[];
}

export function readVectors<T>(area: string, kind: 'expr' | 'flow' | 'parse'): T[] {
  const file = join(root, area, `${kind}.json`);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as T[]) : [];
}

/** JSON text with "$int:…" as numbers, as the conformance runner sends it. */
export const encodeVector = (v: unknown): string => JSON.stringify(v).replace(/"\$int:(-?\d+)"/g, '$1');

/** JSON text to values, ints beyond 2^53 as "$int:…". */
export const decodeVector = (text: string): unknown =>
  JSON.parse(text, ((_k: string, v: unknown, ctx?: { source?: string }) =>
    typeof v === 'number' && !Number.isSafeInteger(v) && /^-?\d+$/.test(ctx?.source ?? '') ? `$int:${ctx!.source}` : v) as never);

const isObject = (v: unknown): v is Record<string, unknown> => v !== null && typeof v === 'object' && !Array.isArray(v);
const show = (v: unknown): string => JSON.stringify(v)?.slice(0, 300) ?? 'undefined';

const kinds: Record<string, (v: unknown) => boolean> = {
  $any: () => true,
  $number: (v) => typeof v === 'number' || (typeof v === 'string' && v.startsWith('$int:')),
  $string: (v) => typeof v === 'string',
  $bool: (v) => typeof v === 'boolean',
  $array: Array.isArray,
  $object: isObject,
};

/** @returns '' when `got` satisfies `expected`, else the first difference */
export function differenceOf(expected: unknown, got: unknown, at = ''): string {
  const bad = `${at || '.'}: expected ${show(expected)} got ${show(got)}`;
  if (typeof expected === 'string') {
    if (kinds[expected]) return got !== undefined && kinds[expected](got) ? '' : bad;
    if (expected.startsWith('$regex:'))
      return new RegExp(expected.slice(7), 's').test(typeof got === 'string' ? got : show(got)) ? '' : bad;
    return expected === got ? '' : bad;
  }
  if (typeof expected === 'number')
    return typeof got === 'number' && (expected === got || Math.abs(expected - got) <= 1e-12 * Math.max(Math.abs(expected), Math.abs(got)))
      ? ''
      : bad;
  if (Array.isArray(expected)) {
    if (!Array.isArray(got) || got.length !== expected.length) return bad;
    for (let i = 0; i < expected.length; i++) {
      const d = differenceOf(expected[i], got[i], `${at}[${i}]`);
      if (d) return d;
    }
    return '';
  }
  if (!isObject(expected)) return expected === got ? '' : bad;
  if ('$error' in expected) return isObject(got) && '$error' in got ? '' : bad;
  if ('$unordered' in expected)
    return Array.isArray(got) &&
      got.length === (expected['$unordered'] as unknown[]).length &&
      matchAll(expected['$unordered'] as unknown[], got)
      ? ''
      : bad;
  if ('$contains' in expected) return Array.isArray(got) && matchAll(expected['$contains'] as unknown[], got) ? '' : bad;
  if (!isObject(got)) return bad;
  const part = '$partial' in expected;
  const want = (part ? expected['$partial'] : expected) as Record<string, unknown>;
  for (const k of Object.keys(want)) {
    const d = differenceOf(want[k], got[k], `${at}.${k}`);
    if (d) return d;
  }
  if (!part) for (const k of Object.keys(got)) if (!(k in want)) return `${at}.${k}: unexpected ${show(got[k])}`;
  return '';
}

function matchAll(expected: unknown[], got: unknown[]): boolean {
  const left = [...got];
  return expected.every((e) => {
    const i = left.findIndex((g) => !differenceOf(e, g));
    if (i >= 0) left.splice(i, 1);
    return i >= 0;
  });
}
