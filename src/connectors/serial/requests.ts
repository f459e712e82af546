// Requests to instruments that speak when asked: what is sent, and to whom. Used by poller.ts.

import type { Row, Value } from '../../data/value.ts';
import { parseBytes } from './framing/bytes.ts';
import type { Framer } from './framing/index.ts';

export interface Request {
  name: string;
  bytes: Buffer;
  /** Columns added to each row of the answer. */
  columns: Row;
}

/** @throws Error naming the request and what is wrong in it */
export function compileRequests(raw: readonly Record<string, unknown>[], framer: Framer): Request[] {
  return raw.flatMap((r, i) => {
    const where = `property requests, request ${r['name'] ? `"${String(r['name'])}"` : i + 1}`;
    const { send, hex, each } = r as { send?: unknown; hex?: unknown; each?: unknown };
    if ((typeof send === 'string') === (typeof hex === 'string')) throw new Error(`${where}: give either send (text) or hex (bytes)`);
    if (each !== undefined && (!Array.isArray(each) || each.some((e) => typeof e !== 'object' || e === null)))
      throw new Error(`${where}: each must be a list of objects`);
    const members = (each as Record<string, Value>[] | undefined) ?? [{}];
    return members.map((columns) => {
      const text = fill(String(send ?? hex), columns, where);
      try {
        const bytes = typeof send === 'string' ? framer.encode(parseBytes(text, 'requests')) : parseHex(text);
        const named: Row = typeof r['name'] === 'string' ? { request: r['name'] } : {};
        return { name: String(r['name'] ?? text), bytes, columns: { ...named, ...columns } };
      } catch (error) {
        throw new Error(`${where}: ${(error as Error).message}`);
      }
    });
  });
}

function fill(template: string, columns: Record<string, unknown>, where: string): string {
  return template.replace(/\{\{\s*\.(\w+)\s*\}\}/g, (_, name: string) => {
    if (!(name in columns)) throw new Error(`${where}: {{.${name}}} is no member of each`);
    return String(columns[name]);
  });
}

function parseHex(text: string): Buffer {
  const digits = text.replace(/[\s:]/g, '');
  if (!/^([0-9a-fA-F]{2})+$/.test(digits)) throw new Error(`"${text}" is not hex; write for example 01 03 00 00`);
  return Buffer.from(digits, 'hex');
}
