// Every route of REST in a line: summary, answer, body, query. A test compares the list with the router's table, both ways.
import { configChanges, ruleBody, trialBody } from '../../service/index.ts';

import {
  applyBody,
  backupBody,
  batchCall,
  bundlePartBody,
  bundleUploadBody,
  connectionBody,
  contentBody,
  cursorBody,
  diffBody,
  explainBody,
  functionListBody,
  graphBody,
  graphOfSqlBody,
  lintBody,
  liveRowsBody,
  liveTopicsBody,
  mqttUserBody,
  networkBody,
  pluginBody,
  pluginModeBody,
  queryBody,
  resetStateBody,
  restoreBody,
  revocationBody,
  schemaBody,
  scriptBody,
  secretBody,
  serviceBody,
  settingBody,
  sqlTextBody,
  statementBody,
  tagsBody,
  tokenBody,
  traceBody,
  tracerBody,
  updateBody,
  uploadBody,
  watchedChangesBody,
} from '../bodies.ts';
import { answers } from './answers.ts';
import { type Operations, op, query } from './operation.ts';
import { objectSchema } from './schema-of.ts';

const properties = { schema: { type: 'object', description: 'Properties of the connector.' } };
const partial = query('partial', '1: only what the file holds is replaced, one by one.', { oneOf: ['0', '1'] });
const stops = query('stop', '1: the gateway stops after the answer, to be started again.', { oneOf: ['0', '1'] });

const forced = query('force', 'true: also when a newer row was delivered since.', { oneOf: ['true', 'false'] });

const ruleIds = { schema: { type: 'array', items: { type: 'string' } } } as const;
const dryRun = query('dryRun', '1: only the report.', { oneOf: ['0', '1'] });
const onError = query('onError', 'skip: what is refused is left out.', { oneOf: ['skip'] });

const server: Operations = {
  'GET /': op('The gateway: version, uptime, load, what needs attention', answers.gateway),
  'POST /': op('The same as GET', answers.gateway),
  'GET /ping': op('Is it there', 'none'),
  'GET /stop': op('Stops the gateway', 'text'),
  'POST /stop': op('Stops the gateway', 'text'),
  'PATCH /configs': op('Changes settings until the next start', 'none', { ok: 204, body: configChanges }),
  'POST /batch/req': op('Several calls in one', 'list', { body: { schema: { type: 'array', items: objectSchema(batchCall) } } }),
  'GET /openapi.json': op('This description', 'object'),
  'GET /overview': op('Everything at a glance: rules, streams, connections and what needs attention', answers.overview),
  'GET /settings': op('Settings that the owner may change, with their values', answers.settings),
  'GET /settings/{path}': op('One setting', answers.setting),
  'PUT /settings/{path}': op('Changes one setting', answers.setting, { body: settingBody }),
  'DELETE /settings/{path}': op('Takes a change of a setting back', answers.setting),
  'GET /system/update': op('Which version of the system runs, what is under way, how the last update ended', 'object'),
  'POST /system/update': op('Installs a new version of the system', 'object', { body: updateBody }),
  'GET /system/update/upload': op('How much of a bundle was sent', 'object'),
  'POST /system/update/upload': op('Begins to send a bundle; what was sent before is taken away', 'object', { body: bundleUploadBody }),
  'PUT /system/update/upload': op('Adds a part to the bundle that is sent', 'object', { body: bundlePartBody }),
  'DELETE /system/update/upload': op('Takes the bundle that was sent away', 'none'),
  'POST /system/update/confirm': op('Keeps the version that is under observation', 'text'),
  'POST /system/update/restart': op('Restarts into the version that is installed', 'text'),
  'POST /system/update/rollback': op('Goes back to the previous version', 'text'),
  'GET /certificates': op('Certificates in etc and of settings, with what is wrong with them', 'list'),
  'GET /mqtt/users': op('Users of the MQTT listener', 'list'),
  'PUT /mqtt/users/{name}': op('Adds or replaces a user of the MQTT listener', 'object', { body: mqttUserBody }),
  'DELETE /mqtt/users/{name}': op('Removes a user of the MQTT listener', 'text'),
  'GET /logs': op('Latest lines of the log', 'list', {
    query: [query('after', 'Only lines behind this number.', { type: 'int', min: 0 }), query('rule', 'Only lines about this rule.')],
  }),
  'GET /auth/tokens': op('Tokens: names and roles', 'list'),
  'POST /auth/tokens': op('Makes a token; its text is shown once', 'object', { ok: 201, body: tokenBody }),
  'DELETE /auth/tokens/{name}': op('Removes a token', 'text'),
  'GET /auth/revocations': op('Credentials that no longer count', 'list'),
  'POST /auth/revocations': op('Revokes a credential', 'created', { body: revocationBody }),
  'DELETE /auth/revocations/{kind}/{value}': op('Takes a revocation back', 'text'),
};

const place = { type: 'object', properties: { line: { type: 'integer' }, column: { type: 'integer' } } };
const texts = (...names: string[]) => Object.fromEntries(names.map((n) => [n, { type: 'string' }]));
const range = {
  start: { type: 'integer', description: 'UTF-16 units from the begin.' },
  end: { type: 'integer', description: 'Exclusive.' },
};

const sql: Operations = {
  'GET /sql/catalog': op('Functions, streams with columns seen, words and options, for editors', 'object'),
  'POST /sql/lint': op(
    'What is wrong with SQL, as ranges',
    listed(
      'diagnostics',
      {
        ...texts('severity', 'code', 'message', 'hint', 'cure'),
        ...range,
        range: { type: 'object', properties: { start: place, end: place } },
        fix: { type: 'object', properties: { ...range, ...texts('text') } },
      },
      { ok: { type: 'boolean' } },
    ),
    { body: lintBody },
  ),
  'POST /sql/format': op(
    'SQL in the style of the gateway, with its comments',
    { schema: { type: 'object', properties: texts('sql') } },
    { body: sqlTextBody },
  ),
  'POST /sql/complete': op(
    'What may stand where the cursor is',
    listed('items', texts('label', 'kind', 'detail', 'doc', 'insert'), range),
    { body: cursorBody },
  ),
  'POST /sql/explain': op('The plan of a statement', 'text', { body: explainBody }),
  'POST /sql/diff': op('Both answers of SQL, standard and ekuiper, to the same rows', 'object', { body: diffBody }),
  'POST /sql/graph': op('A statement as the nodes of a graph rule', 'object', { body: graphOfSqlBody }),
  'POST /sql/ofgraph': op('The nodes of a graph rule as one statement with its actions', 'object', { body: graphBody }),
  'POST /sql/hover': op('What the word under the cursor means, as Markdown; null when nothing is known', 'any', { body: cursorBody }),
};

/** An object with a list of objects. */
function listed(name: string, item: Record<string, unknown>, more: Record<string, unknown>): { schema: Record<string, unknown> } {
  return { schema: { type: 'object', properties: { ...more, [name]: { type: 'array', items: { type: 'object', properties: item } } } } };
}

function sourcesOf(kind: 'stream' | 'table'): Operations {
  const kinds = kind === 'table' ? { query: [query('kind', 'Only tables of this kind.', { oneOf: ['scan', 'lookup'] })] } : {};
  return {
    [`GET /${kind}s`]: op(`Names of all ${kind}s`, 'names', kinds),
    [`POST /${kind}s`]: op(`Runs a statement about ${kind}s`, 'created', { body: statementBody }),
    [`GET /${kind}details`]: op(`All ${kind}s with type and format`, answers.sourceDetails, kinds),
    [`GET /${kind}s/{name}`]: op(`One ${kind}: columns and options`, answers.source),
    [`PUT /${kind}s/{name}`]: op(`Replaces a ${kind}`, 'text', { body: statementBody }),
    [`DELETE /${kind}s/{name}`]: op(`Drops a ${kind}`, 'text', {
      query: [query('force', 'true: also when rules read it.', { oneOf: ['true', 'false'] })],
    }),
    [`GET /${kind}s/{name}/schema`]: op(`Columns of a ${kind}`, 'any'),
  };
}

const rules: Operations = {
  'GET /rules': op('All rules with their states', answers.rules),
  'POST /rules': op('Makes a rule and starts it', 'created', { body: ruleBody }),
  'GET /rules/{name}': op('The JSON of a rule', 'object'),
  'PUT /rules/{name}': op('Replaces a rule, or makes it', 'text', { body: ruleBody }),
  'DELETE /rules/{name}': op('Deletes a rule with its state and queues', 'text'),
  'GET /rules/status/all': op('States and last errors of all rules', answers.allStates),
  'GET /rules/{name}/status': op('State and counters of a rule', 'object'),
  'GET /v2/rules/{name}/status': op('The same, without line breaks', 'object'),
  'GET /rules/{name}/health': op('Health of a rule in sentences and figures', answers.health),
  'GET /rules/{name}/diag': op('Walks the path of a rule: where data stops', answers.diag),
  'GET /changes': op('Last changes of rules', 'list'),
  'GET /rules/{name}/versions': op('What a rule was before', 'list'),
  'POST /rules/{name}/versions/{version}/restore': op('Makes a rule what it was in a version', 'text'),
  'POST /rules/{name}/start': op('Starts a rule', 'text'),
  'POST /rules/{name}/stop': op('Stops a rule', 'text'),
  'POST /rules/{name}/restart': op('Restarts a rule', 'text'),
  'GET /rules/{name}/parked': op('Rows that the sinks of a rule do not take', answers.parkedRows),
  'DELETE /rules/{name}/parked': op('Discards all parked rows of a rule', 'any'),
  'POST /rules/{name}/parked/retry': op('Tries all parked rows of a rule again', 'any', { query: [forced] }),
  'GET /rules/{name}/parked/{sink}/{row}': op('One parked row with its data', 'object'),
  'DELETE /rules/{name}/parked/{sink}/{row}': op('Discards one parked row', 'any'),
  'POST /rules/{name}/parked/{sink}/{row}/retry': op('Tries one parked row again', 'any', { query: [forced] }),
  'GET /rules/{name}/topo': op('Nodes of a running rule and how they are connected', answers.topo),
  'GET /rules/{name}/schema': op('Columns of the results of a rule', answers.ruleColumns),
  'GET /rules/{name}/explain': op('How a rule is run', 'text'),
  'POST /rules/validate': op('Checks a rule without making it', answers.validation, {
    body: ruleBody,
    also: { 422: 'The rule is not valid.' },
  }),
  'GET /rules/usage/cpu': op('CPU time of rules in the last interval, ms', 'any'),
  'PUT /rules/{name}/reset_state': op('Sets the position of a source', 'text', { body: resetStateBody }),
  'GET /rules/{name}/scantables': op('Content of the scan tables of a rule', 'any'),
  'POST /rules/{name}/trace/start': op('Begins to trace a rule', 'none', { body: traceBody }),
  'POST /rules/{name}/trace/stop': op('Ends the trace of a rule', 'none'),
  'GET /rules/tags/match': op('Rules that carry all these tags', 'object', { body: tagsBody }),
  'PUT /rules/{name}/tags': op('Replaces the tags of a rule', 'none', { body: tagsBody }),
  'PATCH /rules/{name}/tags': op('Adds tags to a rule', 'none', { body: tagsBody }),
  'DELETE /rules/{name}/tags': op('Removes tags from a rule', 'none', { body: tagsBody }),
  'POST /rules/bulkstart': op('Starts all rules that carry these tags', 'list', { body: tagsBody }),
  'POST /rules/bulkstop': op('Stops all rules that carry these tags', 'list', { body: tagsBody }),
  'POST /ruletest': op('Makes a trial rule', 'object', { body: trialBody }),
  'POST /ruletest/{name}/start': op('Starts a trial rule', 'text'),
  'DELETE /ruletest/{name}': op('Ends a trial rule', 'text'),
};

const observe: Operations = {
  'GET /metrics': op('Metrics for Prometheus', 'text'),
  'GET /metrics/dump/check': op('Are metrics written to files', 'text'),
  'GET /metrics/dump': op('Metrics of a span of time, packed', 'file', {
    query: [
      query('startTime', 'Begin, seconds since 1970; default: an hour ago.', { type: 'int', min: 0 }),
      query('endTime', 'End, seconds since 1970; default: now.', { type: 'int', min: 0 }),
    ],
  }),
  'GET /trace/{id}': op('One trace', 'any'),
  'GET /trace/rule/{ruleID}': op('Traces of a rule', 'list', { query: [query('limit', 'At most so many.', { type: 'int' })] }),
  'POST /tracer': op('Sets the collector of traces', 'any', { body: tracerBody }),
  'GET /live': op('What flows in each rule, as an event stream', 'events', {
    query: [query('interval', 'Milliseconds between two looks, 100 to 60000.', { type: 'int', min: 0 })],
  }),
  'GET /live/counts': op('How many look, and what was computed and pushed for them', 'object'),
  'GET /map': op('Which rule reads which stream and sends where', 'object'),
  'GET /live/rows': op('Rows of a stream or a rule as they come, as an event stream', 'events', {
    query: [query('stream', 'A stream.'), query('rule', 'Or a rule: what it would send.')],
  }),
  'GET /live/tap': op('What enters the nodes of a rule, as an event stream', 'events', {
    query: [query('rule', 'A rule.'), query('node', 'One of its nodes, with or without its number: filter. Default: all.')],
  }),
  'POST /live/rows': op('Rows of a SELECT as they come, as an event stream', 'events', { body: liveRowsBody }),
  'POST /live/topics': op('Topics of a broker as messages come, as an event stream', 'events', { body: liveTopicsBody }),
  'GET /devices': op('Devices behind the sources', answers.devices),
  'GET /history': op('Series of the historian with the latest values, and how full it is', 'object'),
  'GET /history/{series}': op('Values of a series over time, for a plot', 'object', {
    query: [
      query('from', 'Begin: ms since 1970, an RFC 3339 time, or -1h, -7d before now. Default: an hour before the end.'),
      query('to', 'End, not included. Default: now.'),
      query('points', 'Spans at most, 1 to 5000. Default: 300.', { type: 'int', min: 1, max: 5000 }),
      query('fields', 'Fields, separated by commas. Default: all.'),
    ],
    also: { 404: 'There is no such series.' },
  }),
  'DELETE /history/{series}': op('Removes a series with all its values', 'text'),
  'POST /history/query': op('Runs a SELECT over the historian', 'object', { body: queryBody }),
  'GET /deadletters': op('Messages that ended the gateway', 'list'),
  'GET /deadletters/{id}': op('One of them', 'object'),
  'DELETE /deadletters/{id}': op('Deletes one of them', 'any'),
};

const data: Operations = {
  'POST /ruleset/export': op('Streams, tables and rules', 'file'),
  'POST /ruleset/import': op('Takes streams, tables and rules in', 'text', { body: contentBody }),
  'GET /data/export': op('The whole configuration', 'file'),
  'POST /data/export': op('The configuration of some rules', 'file', { body: ruleIds }),
  'POST /data/export/ekuiper': op('The configuration for an eKuiper, secrets in clear', 'file', { body: ruleIds }),
  'POST /data/import': op('Takes a configuration in', 'object', { body: contentBody, query: [partial, stops, dryRun, onError] }),
  'GET /v2/data/export': op('The whole configuration as YAML', 'file'),
  'POST /v2/data/import': op('Takes a configuration of YAML in', 'text', { body: contentBody }),
  'GET /data/import/report': op('Report of the last import', 'any'),
  'POST /apply': op('Makes the gateway what a folder of files says, all of it or nothing', 'object', { body: applyBody }),
  'GET /apply': op('The last apply', 'any'),
  'GET /apply/files': op('The configuration as files for an apply', 'object'),
  'GET /audit': op('Who changed what, in order', 'list', {
    query: [query('after', 'Number of the last entry that is known.'), query('limit', 'Entries at most, 1000.')],
  }),
  'GET /audit/check': op('Whether the audit log is whole', 'object'),
  'GET /network': op('Whether a change of the network is on trial', 'object'),
  'PUT /network': op('Changes the network of the device on trial', 'object', { body: networkBody }),
  'POST /network/{id}/confirm': op('The change stays', 'object'),
  'POST /network/{id}/revert': op('The change is taken back', 'object'),
  'POST /changes/watched': op('Changes rules and streams, watches, and takes everything back when a rule gets worse', 'object', {
    ok: 202,
    body: watchedChangesBody,
  }),
  'GET /changes/watched': op('The last changes that were watched, null when there were none', 'any'),
  'GET /changes/watched/{id}': op('How watched changes are', 'object', { also: { 404: 'There are none of this id.' } }),
  'GET /rules/{name}/translate': op('The rule as SQL of an engine of the data centre', 'object', {
    query: [query('to', 'The engine.', { oneOf: ['flink', 'risingwave'] })],
  }),
  'GET /fleet': op('What this gateway is for a fleet', 'any'),
  'POST /fleet/poll': op('Looks at the servers of the fleet now', 'any'),
  'POST /backup': op('One file with everything', 'file', { body: backupBody }),
  'POST /restore': op('Takes such a file in', 'object', { body: restoreBody }),
  'GET /backup/schedule': op('Backups that make themselves: where to, when, what failed', 'object'),
  'POST /backup/schedule': op('Makes one now', 'object'),
  'GET /backup/copies': op('Copies from before imports', 'list'),
  'GET /secrets': op('Names of secrets', 'list'),
  'PUT /secrets/{name}': op('Sets a secret', 'text', { body: secretBody }),
  'DELETE /secrets/{name}': op('Removes a secret', 'text'),
  'POST /secrets/rekey': op('Seals all secrets with a new key', 'text'),
  'GET /data/import/status': op('What the last import could not take', 'any'),
  'POST /async/data/import': op('Takes a configuration in, in the background', 'object', { body: contentBody, query: [partial, onError] }),
  'GET /async/task/{id}': op('State of a task in the background', 'object'),
  'POST /async/task/{id}/cancel': op('Cancels a task in the background', 'text'),
  'GET /config/uploads': op('Uploaded files', 'names'),
  'POST /config/uploads': op('Uploads a file', 'created', { body: uploadBody, form: 'uploadFile' }),
  'DELETE /config/uploads/{name}': op('Deletes an uploaded file', 'text'),
  'GET /schemas/{type}': op('Names of the schemas of a format', 'names'),
  'POST /schemas/{type}': op('Makes a schema', 'created', { body: schemaBody }),
  'GET /schemas/{type}/{name}': op('One schema', 'object'),
  'PUT /schemas/{type}/{name}': op('Replaces a schema', 'text', { body: schemaBody }),
  'PUT /schemas/{type}/{name}/upload': op('Makes or replaces a schema from a file', 'object', {
    form: 'file',
    also: { 201: 'The schema is new.', 415: 'The body is no form.' },
  }),
  'DELETE /schemas/{type}/{name}': op('Deletes a schema', 'text'),
};

const connections: Operations = {
  'GET /connections': op('Named connections with their states', answers.connections),
  'POST /connections': op('Makes a named connection', 'created', { body: connectionBody }),
  'GET /connections/{id}': op('One named connection', answers.connection),
  'PUT /connections/{id}': op('Replaces a named connection', 'text', { body: connectionBody }),
  'DELETE /connections/{id}': op('Drops a named connection', 'text'),
};

const metadata: Operations = {
  'GET /metadata/functions': op('Functions of SQL', 'list'),
  'GET /metadata/operators': op('Operators of graph rules', 'list'),
  'GET /metadata/sinks': op('Sinks that there are', 'list'),
  'GET /metadata/sinks/{name}': op('Properties of a sink', 'object'),
  'GET /metadata/sources': op('Sources that there are', 'any', {
    query: [query('kind', 'lookup: those of lookup tables.', { oneOf: ['source', 'lookup'] })],
  }),
  'GET /metadata/sources/{name}': op('Properties of a source', 'object'),
  'GET /metadata/connections': op('Connectors that there are', 'list'),
  'GET /metadata/connections/{name}': op('Properties of a connection', 'object'),
  'GET /metadata/resource': op('Conf keys of sources', 'object', { query: [query('sourceType', 'Only keys with this sourceType.')] }),
  'GET /metadata/resources': op('Names of stored conf keys', 'object'),
  ...Object.assign(
    {},
    ...['sources', 'sinks', 'connections'].map(
      (kind): Operations => ({
        [`GET /metadata/${kind}/yaml/{name}`]: op(`Conf keys of a type of ${kind}`, 'object'),
        [`PUT /metadata/${kind}/{name}/confKeys/{confKey}`]: op('Makes or replaces a conf key', 'none', { body: properties }),
        [`DELETE /metadata/${kind}/{name}/confKeys/{confKey}`]: op('Deletes a conf key', 'none'),
      }),
    ),
    ...['sources', 'sinks', 'lookups'].map(
      (kind): Operations => ({ [`POST /metadata/${kind}/connection/{name}`]: op('Tries to connect', 'none', { body: properties }) }),
    ),
  ),
};

function pluginsOf(kind: string): Operations {
  const base = `/plugins/${kind}`;
  return {
    [`GET ${base}`]: op(`Plugins: ${kind}`, 'list', {
      query: [query('details', 'true: with versions and faults.', { oneOf: ['true', 'false'] })],
    }),
    [`POST ${base}`]: op('Installs a plugin', 'created', { body: pluginBody }),
    [`GET ${base}/{name}`]: op('One plugin', 'object'),
    [`PUT ${base}/{name}`]: op('Updates a plugin', 'text', { body: pluginBody }),
    [`DELETE ${base}/{name}`]: op('Removes a plugin', 'text', { query: [stops] }),
    [`GET ${base}/{name}/logs`]: op('Lines that a plugin logged', 'any', {
      query: [query('after', 'Only lines behind this number.', { type: 'int' })],
    }),
    [`POST ${base}/{name}/release`]: op('Lets a plugin that was stopped run again', 'any'),
    [`PUT ${base}/{name}/mode`]: op('Decides how a plugin runs', 'any', { body: pluginModeBody }),
    [`GET ${base}/prebuild`]: op('Plugins to download: there are none', 'any'),
  };
}

const plugins: Operations = {
  ...pluginsOf('sources'),
  ...pluginsOf('sinks'),
  ...pluginsOf('functions'),
  'POST /plugins/functions/{name}/register': op('Names the functions of a plugin', 'text', { body: functionListBody }),
  'GET /plugins/udfs': op('Functions of plugins', 'names'),
  'GET /plugins/udfs/{name}': op('The plugin of a function', 'object'),
  'GET /plugins/portables': op('Plugins in Python or Go that were written for eKuiper', 'list'),
  'POST /plugins/portables': op('Installs one', 'created', { body: pluginBody }),
  'GET /plugins/portables/{name}': op('What is in it', 'object'),
  'PUT /plugins/portables/{name}': op('Installs or replaces it', 'text', { body: pluginBody }),
  'DELETE /plugins/portables/{name}': op('Removes it', 'text'),
  'GET /plugins/portables/{name}/status': op('Its process', 'object'),
  'GET /services': op('Names of the external services', 'list'),
  'POST /services': op('Register an external service', 'created', { body: serviceBody }),
  'GET /services/functions': op('Functions of external services', 'list'),
  'GET /services/functions/{name}': op('What a function of a service is', 'object'),
  'GET /services/{name}': op('An external service with its interfaces', 'object'),
  'PUT /services/{name}': op('Replace an external service', 'text', { body: serviceBody }),
  'DELETE /services/{name}': op('Delete an external service with its functions', 'text'),
  'GET /udf/javascript': op('Functions of JavaScript', 'names'),
  'POST /udf/javascript': op('Makes a function of JavaScript', 'created', { body: scriptBody }),
  'GET /udf/javascript/{id}': op('A function of JavaScript', 'object'),
  'PUT /udf/javascript/{id}': op('Makes or replaces it', 'text', { body: scriptBody }),
  'DELETE /udf/javascript/{id}': op('Removes it', 'text'),
};

/** Tag → its operations. */
export const operationGroups: Readonly<Record<string, Operations>> = {
  gateway: server,
  sql,
  streams: sourcesOf('stream'),
  tables: sourcesOf('table'),
  rules,
  observe,
  data,
  connections,
  metadata,
  plugins,
};
