// Functions by the names that other databases give them, in standard SQL only. Made by catalogue.ts of the definitions that are there.
import type { FunctionDefinition } from '../contract/function.ts';

/** Their name → ours. */
const names: Readonly<Record<string, string>> = {
  array_length: 'cardinality',
  char_length: 'length',
  ifnull: 'coalesce',
  json_extract: 'json_path_query',
  lcase: 'lower',
  len: 'length',
  nvl: 'coalesce',
  ucase: 'upper',
  uuid: 'newuuid',
};

export function otherNames(all: readonly FunctionDefinition[]): FunctionDefinition[] {
  return Object.entries(names).map(([name, ours]) => named(name, all.find((d) => d.name === ours)!));
}

function named(name: string, of: FunctionDefinition): FunctionDefinition {
  const { aliases: _aliases, standard, ...own } = { ...of, ...of.standard };
  // a standard form with a body of its own replaces the other one
  if (own.kind === 'scalar' && own.compile) delete own.exec;
  return {
    ...own,
    name,
    since: '0.2.0',
    onlyStandard: true,
    doc: `The same as ${of.name}. ${own.doc}`,
    examples: own.examples.map(([sql, ...rest]) => [sql.replaceAll(`${of.name}(`, `${name}(`), ...rest] as const),
  };
}
