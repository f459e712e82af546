// The JSON of a rule, declared: names for parsing in any letter case, for warnings about unknown ones, and for the REST description.
import type { OptionSpec } from '../../contract/props.ts';
import { ruleOptionSpecs } from '../../runtime/index.ts';

export const ruleBody: readonly OptionSpec[] = [
  { name: 'id', type: 'string', doc: 'Name of the rule. In PUT the one of the path.', example: 'rule1' },
  { name: 'name', type: 'string', default: '', doc: 'Name for lists.' },
  { name: 'version', type: 'string', default: '', doc: 'A replacement must not have a lower one.' },
  { name: 'triggered', type: 'bool', default: true, doc: 'The rule starts now and with the gateway.' },
  { name: 'temp', type: 'bool', default: false, doc: 'The rule is not stored.' },
  { name: 'tags', type: 'string[]', doc: 'Marks by which rules are chosen.' },
  { name: 'sql', type: 'string', doc: 'SELECT over streams and tables; or graph.', example: 'SELECT * FROM demo' },
  { name: 'graph', type: 'object', doc: 'Nodes and edges, instead of sql.' },
  { name: 'actions', type: 'object[]', doc: 'Sinks: objects of sink type and its properties.', example: [{ log: {} }] },
  { name: 'options', type: 'object', fields: ruleOptionSpecs, doc: 'Options of the rule.' },
];
