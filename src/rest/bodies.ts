// JSON bodies of REST, declared once: names for parsing in any letter case and for warnings, texts for GET /openapi.json and the reference page.
// Bodies that are definitions of their own stand with what reads them: rules in service/rules/rule-body.ts.
import { sqlCompatibilities } from '../base/sql-compatibility.ts';
import type { OptionSpec } from '../contract/props.ts';
import { revocationKinds } from './revocations.ts';

export const statementBody: readonly OptionSpec[] = [
  {
    name: 'sql',
    type: 'string',
    required: true,
    doc: 'One CREATE, SHOW, DESCRIBE or DROP statement.',
    example: 'CREATE STREAM demo () WITH (DATASOURCE="demo")',
  },
];

const sqlText: OptionSpec = { name: 'sql', type: 'string', required: true, doc: 'What was typed so far.', example: 'SELECT a FROM demo' };

export const sqlTextBody: readonly OptionSpec[] = [sqlText];

export const graphOfSqlBody: readonly OptionSpec[] = [
  sqlText,
  { name: 'actions', type: 'object[]', doc: 'Actions of the rule; each becomes a sink node.', example: [{ log: {} }] },
];

export const graphBody: readonly OptionSpec[] = [
  { name: 'graph', type: 'object', required: true, doc: 'nodes and topo, as in a graph rule.' },
];

export const lintBody: readonly OptionSpec[] = [
  sqlText,
  {
    name: 'kind',
    type: 'string',
    default: 'rule',
    oneOf: ['rule', 'script'],
    doc: 'rule: one SELECT; script: statements with semicolons.',
  },
  { name: 'sqlCompatibility', type: 'string', oneOf: sqlCompatibilities, doc: 'Whose answers; not set: the default of the gateway.' },
];

export const explainBody: readonly OptionSpec[] = [
  sqlText,
  { name: 'sqlCompatibility', type: 'string', oneOf: sqlCompatibilities, doc: 'Whose answers; not set: the default of the gateway.' },
];

export const diffBody: readonly OptionSpec[] = [
  { name: 'rule', type: 'string', doc: 'Name of a rule; or sql.', example: 'hot' },
  { name: 'sql', type: 'string', doc: 'A SELECT.', example: 'SELECT sum(v) AS s FROM demo GROUP BY COUNTWINDOW(3)' },
  {
    name: 'rows',
    type: 'string',
    doc: 'JSON lines: rows of the first stream, or {"stream": …, "row": …, "atMs": …}. Not set: the last row of each stream.',
    example: '{"v": 0.6}\n{"v": 1.2}',
  },
];

export const cursorBody: readonly OptionSpec[] = [
  sqlText,
  { name: 'offset', type: 'int', min: 0, doc: 'Where the cursor stands, in UTF-16 units from the begin; not set: at the end.' },
];

export const queryBody: readonly OptionSpec[] = [
  {
    name: 'sql',
    type: 'string',
    required: true,
    doc: 'One SELECT over history, history_minutes or history_hours.',
    example: "SELECT max(value) FROM history WHERE series = 'boiler' AND field = 'temp'",
  },
];

export const connectionBody: readonly OptionSpec[] = [
  { name: 'id', type: 'string', doc: 'Name of the connection. In PUT the one of the path.', example: 'broker1' },
  { name: 'typ', type: 'string', doc: 'Name of the connector.', example: 'mqtt' },
  { name: 'props', type: 'object', default: {}, doc: 'Properties of the connection.', example: { server: 'tcp://127.0.0.1:1883' } },
];

export const tagsBody: readonly OptionSpec[] = [
  { name: 'tags', type: 'string[]', default: [], doc: 'Marks of rules.', example: ['hall1'] },
];

export const traceBody: readonly OptionSpec[] = [
  { name: 'strategy', type: 'string', default: '', doc: 'Which messages are traced.', example: 'always' },
];

export const schemaBody: readonly OptionSpec[] = [
  { name: 'name', type: 'string', doc: 'Name of the schema. In PUT the one of the path.', example: 'schema1' },
  {
    name: 'content',
    type: 'string',
    default: '',
    doc: 'Text of the schema; or file.',
    example: 'message Book { required string title = 1; }',
  },
  { name: 'file', type: 'string', default: '', doc: 'Address of the text: file://, http:// or https://.' },
  { name: 'version', type: 'string', default: '', doc: 'A replacement must not have a lower one.' },
  {
    name: 'soFile',
    type: 'string',
    doc: 'Go library of a format.',
    absent: 'libraries of Go cannot be loaded; give the text of the schema in content',
  },
];

export const uploadBody: readonly OptionSpec[] = [
  { name: 'name', type: 'string', required: true, doc: 'Path below data/uploads.', example: 'lookup/devices.json' },
  { name: 'content', type: 'string', default: '', doc: 'Text of the file; or base64, or file.', example: '[]' },
  { name: 'base64', type: 'string', default: '', doc: 'Bytes of the file.' },
  { name: 'file', type: 'string', default: '', doc: 'Address of the file: file://, http:// or https://.' },
];

export const contentBody: readonly OptionSpec[] = [
  { name: 'content', type: 'string', default: '', doc: 'What is imported; or file.', example: '{}' },
  { name: 'file', type: 'string', default: '', doc: 'Address of a file with it: file://, http:// or https://.' },
];

export const scriptBody: readonly OptionSpec[] = [
  { name: 'id', type: 'string', doc: 'Name of the function. In PUT the one of the path.', example: 'area' },
  { name: 'description', type: 'string', default: '', doc: 'For people.' },
  {
    name: 'script',
    type: 'string',
    required: true,
    doc: 'Text in JavaScript that defines a function of that name.',
    example: 'function area(x, y) { return x * y; }',
  },
  { name: 'isAgg', type: 'bool', default: false, doc: 'true: it gets the values of a group as lists.' },
];

export const serviceBody: readonly OptionSpec[] = [
  { name: 'name', type: 'string', required: true, doc: 'Name of the service.' },
  { name: 'file', type: 'string', required: true, doc: 'Address of the archive.' },
];

export const pluginBody: readonly OptionSpec[] = [
  { name: 'name', type: 'string', required: true, doc: 'Name of the plugin. In PUT the one of the path.', example: 'wordLen' },
  { name: 'file', type: 'string', required: true, doc: 'Address of its file or archive.', example: 'file:///tmp/wordLen.zip' },
  { name: 'functions', type: 'string[]', default: [], doc: 'Functions of a plugin that has several.' },
  { name: 'shellParas', type: 'string[]', default: [], doc: 'Arguments of install.sh.' },
];

export const pluginModeBody: readonly OptionSpec[] = [
  { name: 'mode', type: 'string', oneOf: ['trusted', 'contained', 'restricted'], doc: 'How it runs; null takes the decision back.' },
];

export const functionListBody: readonly OptionSpec[] = [
  { name: 'functions', type: 'string[]', required: true, doc: 'Names of the functions of the plugin.', example: ['wordLen'] },
];

export const revocationBody: readonly OptionSpec[] = [
  { name: 'kind', type: 'string', required: true, oneOf: revocationKinds, doc: 'What is revoked.' },
  { name: 'value', type: 'string', required: true, doc: 'The credential, 1 to 512 characters.' },
];

export const resetStateBody: readonly OptionSpec[] = [
  { name: 'type', type: 'int', required: true, oneOf: [1], doc: '1: the position of a source.' },
  {
    name: 'params',
    type: 'object',
    required: true,
    fields: [
      { name: 'streamName', type: 'string', required: true, doc: 'Stream of the rule.' },
      { name: 'input', type: 'object', required: true, doc: 'Values of the position by name.' },
    ],
    doc: 'Which source, and where to.',
  },
];

export const batchCall: readonly OptionSpec[] = [
  { name: 'method', type: 'string', default: 'GET', oneOf: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'], doc: 'Method of the call.' },
  { name: 'path', type: 'string', required: true, doc: 'Path with query.', example: '/streams' },
  { name: 'body', type: 'string', default: '', doc: 'Body, as text.' },
];

export const settingBody: readonly OptionSpec[] = [{ name: 'value', type: 'any', required: true, doc: 'New value of the setting.' }];

export const updateBody: readonly OptionSpec[] = [
  { name: 'url', type: 'string', doc: 'Address of the bundle.', example: 'https://updates.example.com/kuiper-gateway_0.2.0_arm64.raucb' },
  { name: 'usb', type: 'bool', default: false, doc: 'true: the bundle on the USB stick.' },
  { name: 'upload', type: 'bool', default: false, doc: 'true: the bundle that was sent to /system/update/upload.' },
  { name: 'sha256', type: 'string', doc: 'SHA-256 that the bundle must have, in hex.' },
  { name: 'restart', type: 'string', oneOf: ['now', 'window', 'asked'], default: 'window', doc: 'When the device restarts into it.' },
  { name: 'allowDowngrade', type: 'bool', default: false, doc: 'An older version is taken as well.' },
];

export const bundleUploadBody: readonly OptionSpec[] = [
  { name: 'bytes', type: 'int', min: 1, required: true, doc: 'Length of the bundle.' },
];

export const bundlePartBody: readonly OptionSpec[] = [
  { name: 'at', type: 'int', min: 0, required: true, doc: 'First byte of the part in the bundle: as many as are there.' },
  { name: 'base64', type: 'string', required: true, doc: 'The part, 8 MB at most.' },
];

export const mqttUserBody: readonly OptionSpec[] = [
  { name: 'password', type: 'string', secret: true, doc: 'Password; not given: the old one stays.' },
  { name: 'publish', type: 'string[]', doc: 'Topic filters that the user may publish to.' },
  { name: 'subscribe', type: 'string[]', doc: 'Topic filters that the user may subscribe to.' },
];

export const secretBody: readonly OptionSpec[] = [{ name: 'value', type: 'string', required: true, secret: true, doc: 'The secret.' }];

export const backupBody: readonly OptionSpec[] = [
  { name: 'passphrase', type: 'string', secret: true, doc: 'Seals the secrets in the file.' },
  { name: 'recipient', type: 'string', doc: 'Public key that seals the secrets instead.' },
  { name: 'withoutSecrets', type: 'bool', default: false, doc: 'Leaves the secrets out.' },
  { name: 'state', type: 'bool', default: false, doc: 'With the state of rules.' },
];

export const restoreBody: readonly OptionSpec[] = [
  { name: 'backup', type: 'string', doc: 'The file in base64; or last.' },
  { name: 'last', type: 'bool', default: false, doc: 'true: the copy from before the last import.' },
  { name: 'passphrase', type: 'string', secret: true, doc: 'Opens the secrets.' },
  { name: 'key', type: 'string', secret: true, doc: 'Private key that opens the secrets.' },
  { name: 'clone', type: 'bool', default: false, doc: 'The gateway gets an id of its own.' },
  { name: 'dryRun', type: 'bool', default: false, doc: 'Only the report.' },
  { name: 'onError', type: 'string', oneOf: ['skip', 'stop'], doc: 'skip: what is refused is left out.' },
];

export const applyBody: readonly OptionSpec[] = [
  {
    name: 'files',
    type: 'object',
    required: true,
    doc: 'Path below the folder → text, or {"base64"}.',
    example: { 'streams/demo.sql': 'CREATE STREAM demo () WITH (DATASOURCE="demo")' },
  },
  { name: 'prune', type: 'bool', default: false, doc: 'What the files do not name goes; secrets stay.' },
  { name: 'dryRun', type: 'bool', default: false, doc: 'Checks everything and changes nothing.' },
  { name: 'compareOnly', type: 'bool', default: false, doc: 'Only tells what differs.' },
  { name: 'source', type: 'string', default: '', doc: 'Where the files come from, for the record.', example: 'git 1a2b3c' },
];

export const watchedChangesBody: readonly OptionSpec[] = [
  {
    name: 'changes',
    type: 'any',
    required: true,
    doc: 'List of changes, done in this order.',
    example: [{ op: 'put_rule', rule: 'hot', definition: { sql: 'SELECT * FROM demo', actions: [{ log: {} }] } }],
  },
  { name: 'watchSeconds', type: 'float', default: 10, min: 1, max: 300, doc: 'So long all rules are watched.' },
  { name: 'expected', type: 'object', default: {}, doc: 'What each target (rule hot, stream demo) is now; another text refuses all.' },
  { name: 'by', type: 'string', default: 'REST', doc: 'Who asks, for the record.' },
  { name: 'reason', type: 'string', default: '', doc: 'Why, for the record.' },
];

export const networkBody: readonly OptionSpec[] = [
  {
    name: 'network',
    type: 'object',
    doc: 'wired, wifi, vlans, proxy as in gateway.yaml.',
    example: { wired: { address: '192.168.1.20/24' } },
  },
  { name: 'firewall', type: 'object', doc: 'allow: a list of port, protocol (tcp, udp) and from (an address or a network).' },
];

export const tracerBody: readonly OptionSpec[] = [
  { name: 'action', type: 'string', oneOf: ['start', 'stop'], doc: 'start, or stop.' },
  { name: 'service_name', type: 'string', default: '', doc: 'Name under which the collector lists the gateway.' },
  { name: 'collector_url', type: 'string', default: '', doc: 'Address of the collector.', example: 'http://127.0.0.1:4318' },
];

export const liveRowsBody: readonly OptionSpec[] = [
  { name: 'sql', type: 'string', required: true, doc: 'SELECT whose rows are watched.', example: 'SELECT * FROM demo' },
  { name: 'mockSource', type: 'object', doc: 'Rows of your own instead of those of a stream, as for POST /ruletest.' },
  { name: 'sinkProps', type: 'object', doc: 'Common properties of sinks.' },
];

export const liveTopicsBody: readonly OptionSpec[] = [
  { name: 'filter', type: 'string', default: '#', doc: 'Topic filter.', example: 'plant/#' },
  { name: 'confKey', type: 'string', doc: 'Conf key of the source mqtt.' },
  { name: 'connection', type: 'string', doc: 'Named connection instead.' },
];

export const tokenBody: readonly OptionSpec[] = [
  { name: 'name', type: 'string', required: true, doc: 'Whose token it is.', example: 'workshop' },
  { name: 'role', type: 'string', required: true, oneOf: ['admin', 'viewer'], doc: 'admin may change things, viewer may look.' },
];
