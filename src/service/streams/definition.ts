// A stream or table as the catalog keeps it: the statement's text, its syntax tree, and the options under short names.
import { GatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import { connectors } from '../../connectors/index.ts';
import type { CreateStatement, SourceKind, Statement, StreamOptions } from '../../sql/index.ts';

export interface SourceDefinition {
  readonly name: string;
  readonly kind: SourceKind;
  /** Statement as it was posted. */
  readonly sql: string;
  readonly statement: CreateStatement;
  readonly version: string;
  readonly temp: boolean;
  readonly lookup: boolean;
  /** Name of a connector or plugin, default mqtt. A built-in one in lower case, a plugin's as it is written. */
  readonly type: string;
  /** Lower case, default json. */
  readonly format: string;
}

/** @param formats names that FORMAT may have; undefined = any (what is stored was checked when it was made)
 *  @throws GatewayError STREAM_COMMAND: the parser's text with place and hint, under the code of streams */
export async function parseStreamStatement(sql: string, formats?: readonly string[]): Promise<Statement> {
  // loaded with the first statement: a gateway at rest does without the parser
  const { checkFormat, parseStatement } = await import('../../sql/index.ts');
  let statement: Statement;
  try {
    statement = parseStatement(sql);
    if (statement.kind === 'create' && formats) checkFormat(statement, sql, formats);
  } catch (error) {
    throw new GatewayError('STREAM_COMMAND', { text: messageOf(error) }, { cause: error });
  }
  if (statement.kind === 'select')
    throw new GatewayError('STREAM_COMMAND', { text: `Invalid stream statement: ${sql}; write CREATE, SHOW, DESCRIBE or DROP` });
  if (statement.kind === 'create') checkMemoryLookup(statement);
  return statement;
}

/** eKuiper refuses it together with the syntax, before the name is looked at. */
function checkMemoryLookup({ options, object }: CreateStatement): void {
  if (object === 'table' && options.KIND?.value === 'lookup' && options.TYPE?.value.toLowerCase() === 'memory' && !options.KEY?.value)
    throw new GatewayError('STREAM_COMMAND', { text: 'Option "key" is required for memory lookup table.' });
}

export function definitionOf(sql: string, statement: CreateStatement): SourceDefinition {
  const o = statement.options;
  return {
    name: statement.name,
    kind: statement.object,
    sql,
    statement,
    version: o.VERSION?.value ?? '',
    temp: o.TEMP?.value ?? false,
    lookup: statement.object === 'table' && o.KIND?.value === 'lookup',
    type: typeNameOf(o.TYPE?.value ?? ''),
    format: (o.FORMAT?.value ?? '').toLowerCase() || 'json',
  };
}

/** Built-in connectors are found in any case, as people write them (`TYPE="MQTT"`); names of plugins are camelCase and stay as they are. */
function typeNameOf(written: string): string {
  const lower = written.toLowerCase();
  return connectors.some((c) => c.name === lower) ? lower : written || 'mqtt';
}

/** Value of an option, undefined when it is not written or empty. */
export function optionOf<K extends keyof StreamOptions>(d: SourceDefinition, name: K): NonNullable<StreamOptions[K]>['value'] | undefined {
  const value = d.statement.options[name]?.value;
  return value === '' ? undefined : value;
}
