// A scan table: the newest rows of a source, at most RETAIN_SIZE of them, which joins read as they are at that moment. One per rule and
// table, over the shared subscription of its source. Opened by rule/rule-run.ts before the rule's streams begin.
import type { Tuple } from '../../data/tuple.ts';
import type { ScanTable } from '../../exec/operator.ts';
import type { SourceSpec } from '../definition.ts';
import type { SourcePool, TableLease } from '../ports.ts';

/** RETAIN_SIZE when the table does not say: a file is read as a whole, other sources update one row. */
const defaultRetainRows = (type: string): number => (type === 'file' ? 9999 : 1);

/** @param columns that the rule reads; their slots are known before the first row comes
 *  @throws when the source refuses its options */
export async function openScanTable(
  spec: SourceSpec,
  columns: readonly string[],
  pool: SourcePool,
): Promise<TableLease<ScanTable> & { slotOf(column: string): number }> {
  const maxRows = Math.max(1, spec.retainSize ?? defaultRetainRows(spec.type));
  const rows: Tuple[] = [];
  const table = { rows: rows as readonly Tuple[], version: 0 };
  const subscription = await pool.subscribe(spec, {
    ruleId: `$$table_${spec.name}`,
    index: [],
    eventTime: false,
    push(t) {
      if (rows.length >= maxRows) rows.shift();
      rows.push(t);
      table.version++;
    },
    end() {
      // a file that was read to its end: its rows stay
    },
  });
  const slots = new Map(columns.map((c) => [c, subscription.slotOf(c)]));
  subscription.begin();
  return {
    table,
    slotOf(column) {
      const slot = slots.get(column);
      if (slot === undefined) throw new Error(`column ${column} of table ${spec.name} was not asked for`);
      return slot;
    },
    release() {
      subscription.close();
      rows.length = 0;
    },
  };
}
