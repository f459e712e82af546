// Requests to instruments that speak when asked: what is sent, and to whom. Used by poller.ts.

import { RE2JS } from 're2js';
import type { Row, Value } from '../../data/value.ts';
import { parseBytes } from './framing/bytes.ts';
import type { Framer } from './framing/index.ts';

export interface Request {
  name: string;
  /** What is sent now: the same until `answered`. */
  readonly bytes: Buffer;
  /** It was answered: the next one may look otherwise (M-Bus). */
  answered?(): void;
  /** Pattern that an answer must fit; undefined: any. */
  expect?: string;
  /** Columns added to each row of the answer. */
  columns: Row;
}

const KEYS = ['name', 'send', 'hex', 'each', 'expect'];

/** @throws Error naming the request and what is wrong in it */
export function compileRequests(raw: readonly Record<string, unknown>[], framer: Framer): Request[] {
  return raw.flatMap((r, i) => {
    const where = `property requests, request ${r['name'] ? `"${String(r['name'])}"` : i + 1}`;
    const { send, hex, each, expect } = r as { send?: unknown; hex?: unknown; each?: unknown; expect?: unknown };
    for (const key of Object.keys(r))
      if (!KEYS.includes(key)) throw new Error(`${where}: unknown key ${key}; known are ${KEYS.join(', ')}`);
    if (expect !== undefined && (typeof expect !== 'string' || expect === '')) throw new Error(`${where}: expect must be a pattern`);
    if ((typeof send === 'string') === (typeof hex === 'string')) throw new Error(`${where}: give either send (text) or hex (bytes)`);
    if (each !== undefined && (!Array.isArray(each) || each.some((e) => typeof e !== 'object' || e === null)))
      throw new Error(`${where}: each must be a list of objects`);
    const members = (each as Record<string, Value>[] | undefined) ?? [{}];
    return members.map((columns) => {
      const text = fill(String(send ?? hex), columns, where);
      try {
        const bytes = typeof send === 'string' ? framer.encode(parseBytes(text, 'requests')) : parseHex(text);
        const named: Row = typeof r['name'] === 'string' ? { request: r['name'] } : {};
        const fits = typeof expect === 'string' ? { expect: checked(fill(expect, columns, where, RE2JS.quote)) } : {};
        return { name: String(r['name'] ?? text), bytes, ...fits, columns: { ...named, ...columns } };
      } catch (error) {
        throw new Error(`${where}: ${(error as Error).message}`);
      }
    });
  });
}

/** @throws Error with what is wrong in the pattern */
function checked(pattern: string): string {
  try {
    RE2JS.compile(pattern, RE2JS.DOTALL);
    return pattern;
  } catch (error) {
    throw new Error(`expect: ${(error as Error).message}`);
  }
}

function fill(template: string, columns: Record<string, unknown>, where: string, quote = (text: string) => text): string {
  return template.replace(/\{\{\s*\.(\w+)\s*\}\}/g, (_, name: string) => {
    if (!(name in columns)) throw new Error(`${where}: {{.${name}}} is not a member of each`);
    return quote(String(columns[name]));
  });
}

function parseHex(text: string): Buffer {
  const digits = text.replace(/[\s:]/g, '');
  if (!/^([0-9a-fA-F]{2})+$/.test(digits)) throw new Error(`"${text}" is not hex; write for example 01 03 00 00`);
  return Buffer.from(digits, 'hex');
}
