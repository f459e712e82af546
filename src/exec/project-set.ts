// Set-returning function in the select list: each output row becomes one row per element of the list. Members of an object become
// columns, anything else takes the place of the list. Follows project.
import { inFunction, reserve, spend } from '../base/budget.ts';
import { rowError } from '../base/errors/gateway-error.ts';
import { setMember } from '../data/set-member.ts';
import type { Row, Value } from '../data/value.ts';
import { isStruct } from '../data/value.ts';
import type { Operator, OperatorStats, ProgramHost } from './operator.ts';
import type { Emitter } from './project.ts';

export interface ProjectSetSpec {
  /** Output column that holds the list. */
  column: string;
  functionName: string;
  /** Columns that are aliases: they are not overwritten by members. */
  aliases: ReadonlySet<string>;
  limit: number | undefined;
  /** Aggregates without GROUP BY columns: eKuiper does not find the list there, and the collection fails (recorded: vectors srf). */
  overAll: boolean;
}

export function createProjectSet(spec: ProjectSetSpec, host: ProgramHost, stats: OperatorStats, next: Emitter): Operator & Emitter {
  const { limit } = spec;
  const onlyRows = (): never => {
    throw new Error('project-set takes finished rows');
  };
  return {
    stats,
    row: onlyRows,
    rows: onlyRows,
    emit(rows, first, tsMs, single) {
      stats.recordsIn++;
      if (limit === 0) return;
      const expanded: Row[] = [];
      try {
        if (spec.overAll) throw rowError(`can't find the result from the ${spec.functionName} function`);
        const input = limit !== undefined && limit > 0 && !single ? rows.slice(0, limit) : rows;
        for (const row of input) expand(row, spec, expanded);
      } catch (error) {
        host.exception(stats, inFunction(error, spec.functionName));
        return;
      }
      const cut = limit !== undefined && limit > 0 ? expanded.slice(0, limit) : expanded;
      stats.recordsOut++;
      // eKuiper sends the rows of a streaming message one by one, those of a collection as one result
      if (single) for (const row of cut) next.emit([row], first, tsMs, true);
      else next.emit(cut, first, tsMs, false);
    },
  };
}

/** @throws rowError when the function gave no list */
function expand(row: Row, spec: ProjectSetSpec, out: Row[]): void {
  const list = row[spec.column];
  if (list == null) throw rowError(`can't find the result from the ${spec.functionName} function`);
  if (!Array.isArray(list)) throw rowError(`the argument for the ${spec.functionName} function should be array`);
  for (const element of list) out.push(rowOf(row, element, spec));
}

/** Each row goes to the sinks by itself. */
const ROW_STEPS = 20;

function rowOf(row: Row, element: Value, spec: ProjectSetSpec): Row {
  const made: Row = {};
  const columns = Object.keys(row);
  reserve(64 + columns.length * 16);
  spend(ROW_STEPS + columns.length);
  for (const key of columns) if (key !== spec.column) setMember(made, key, row[key]);
  if (isStruct(element)) {
    const members = Object.keys(element);
    reserve(members.length * 16);
    spend(members.length);
    for (const key of members) if (!spec.aliases.has(key) || key === spec.column) setMember(made, key, element[key]);
  } else setMember(made, spec.column, element ?? null);
  return made;
}
