// Scan tables: the newest rows of a source, bounded by RETAIN_SIZE.
import { describe, expect, test } from 'vitest';
import { Tuple } from '../../../src/data/tuple.ts';
import type { SourceSpec } from '../../../src/runtime/definition.ts';
import type { SourcePool, Subscriber } from '../../../src/runtime/ports.ts';
import { openScanTable } from '../../../src/runtime/table/scan-table.ts';

function setUp() {
  const calls: string[] = [];
  let subscriber: Subscriber | undefined;
  const pool = {
    async subscribe(_spec: SourceSpec, s: Subscriber) {
      subscriber = s;
      return {
        slotOf(column: string) {
          calls.push(`slot ${column}`);
          return calls.length - 1;
        },
        begin: () => void calls.push('begin'),
        close: () => void calls.push('close'),
      };
    },
  } as unknown as SourcePool;
  return { pool, calls, push: (v: number) => subscriber!.push(new Tuple([v], 0)), end: () => subscriber!.end('') };
}

const spec = (retainSize?: number): SourceSpec => ({
  name: 'tbl',
  kind: 'scan-table',
  type: 'memory',
  datasource: 'd',
  props: {},
  format: 'json',
  retainSize,
});
const values = (table: { rows: readonly Tuple[] }) => table.rows.map((t) => t.cols[0]);

describe('scan table', () => {
  test('keeps the newest RETAIN_SIZE rows; its version tells that it changed', async () => {
    const { pool, push } = setUp();
    const { table } = await openScanTable(spec(3), ['id'], pool);
    const seen = [table.version];
    for (const v of [1, 2, 3, 4, 5]) {
      push(v);
      seen.push(table.version);
    }
    expect(values(table)).toEqual([3, 4, 5]);
    expect(new Set(seen).size).toBe(6);
  });

  test('without RETAIN_SIZE one row is kept', async () => {
    const { pool, push } = setUp();
    const { table } = await openScanTable(spec(), ['id'], pool);
    push(1);
    push(2);
    expect(values(table)).toEqual([2]);
  });

  test('without RETAIN_SIZE a file keeps 9999 rows', async () => {
    const { pool, push } = setUp();
    const { table } = await openScanTable({ ...spec(), type: 'file' }, ['id'], pool);
    for (let v = 0; v < 10_001; v++) push(v);
    expect(table.rows).toHaveLength(9999);
    expect(values(table)[0]).toBe(2);
  });

  test('columns are asked for before the first row comes', async () => {
    const { pool, calls } = setUp();
    const lease = await openScanTable(spec(), ['id', '*'], pool);
    expect(calls).toEqual(['slot id', 'slot *', 'begin']);
    expect([lease.slotOf('id'), lease.slotOf('*')]).toEqual([0, 1]);
    expect(() => lease.slotOf('other')).toThrow('column other of table tbl was not asked for');
  });

  test('rows stay when a bounded source ends, and go with the rule', async () => {
    const { pool, calls, push, end } = setUp();
    const lease = await openScanTable(spec(2), ['id'], pool);
    push(1);
    end();
    expect(values(lease.table)).toEqual([1]);
    lease.release();
    expect(values(lease.table)).toEqual([]);
    expect(calls.at(-1)).toBe('close');
  });
});
