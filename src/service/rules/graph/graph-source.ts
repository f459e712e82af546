// Sources of a graph: a reference to a stream or table of the catalog, or a stream that exists in this rule only, whose options stand in
// the node. The latter becomes a CREATE STREAM text, so that it is checked like any other stream.
import { messageOf } from '../../../base/errors/gateway-error.ts';
import { type CreateStatement, parseStatement, printName } from '../../../sql/index.ts';
import { definitionOf, type SourceDefinition } from '../../streams/definition.ts';
import { type GraphNode, graphError } from './graph-json.ts';

/** Options of WITH by their names in the node; all else goes to the connector (EXTRA). */
const OPTIONS: Readonly<Record<string, string>> = {
  datasource: 'DATASOURCE',
  format: 'FORMAT',
  confkey: 'CONF_KEY',
  schemaid: 'SCHEMAID',
  key: 'KEY',
  delimiter: 'DELIMITER',
  timestamp: 'TIMESTAMP',
  timestampformat: 'TIMESTAMP_FORMAT',
  strictvalidation: 'STRICT_VALIDATION',
  shared: 'SHARED',
  retainsize: 'RETAIN_SIZE',
  kind: 'KIND',
};

/** @returns name in the catalog, or the definition of a stream of this rule */
export function sourceOfNode(rule: string, node: GraphNode): { reference: string } | { definition: SourceDefinition } {
  const { props } = node;
  if (props['sourceType'] !== undefined) {
    if (typeof props['sourceName'] !== 'string' || props['sourceName'] === '')
      throw graphError(rule, `source node ${node.name}: sourceName is missing`);
    return { reference: props['sourceName'] };
  }
  const options: [string, string][] = [['TYPE', node.nodeType]];
  const extra: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(props)) {
    const option = OPTIONS[name.toLowerCase()];
    if (option) options.push([option, String(value)]);
    else if (name !== 'schemaName' && name !== 'schemaMessage') extra[name] = value;
  }
  if (props['schemaName']) options.push(['SCHEMAID', `${String(props['schemaName'])}.${String(props['schemaMessage'] ?? '')}`]);
  if (Object.keys(extra).length) options.push(['EXTRA', JSON.stringify(extra)]);
  const sql = `CREATE STREAM ${printName(node.name)} () WITH (${options.map(([k, v]) => `${k}=${JSON.stringify(v)}`).join(', ')})`;
  try {
    const statement = parseStatement(sql) as CreateStatement;
    return { definition: definitionOf(sql, statement) };
  } catch (error) {
    throw graphError(rule, `source node ${node.name}: ${messageOf(error)}`);
  }
}
