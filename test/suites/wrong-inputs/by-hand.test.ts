// Wrong inputs written by hand, each with what it must be told or refused with: over HTTP as a client sees it. What can be made from the declarations is
// in declared.test.ts. A new slip that a user made gets a line here.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../../src/cli/cli.ts';
import { type RealGateway, realGateway } from '../../helpers/real-gateway.ts';

let made: RealGateway;
beforeAll(async () => {
  made = await realGateway();
  await made.call('POST', '/streams', { sql: 'CREATE STREAM s () WITH (TYPE="memory", DATASOURCE="t")' });
});
afterAll(() => made.close());

const rule = (more: object) => ({ id: 'w', sql: 'SELECT * FROM s', triggered: false, actions: [{ nop: {} }], ...more });
const mqtt = { server: 'tcp://127.0.0.1:1', topic: 't' };
const sink = (type: string, props: object) => rule({ actions: [{ [type]: props }] });
const stream = (options: string, columns = '') => ({ sql: `CREATE STREAM w (${columns}) WITH (${options})` });
const table = (options: string) => ({ sql: `CREATE TABLE w () WITH (${options})` });

/** Taken, and told with these words. */
const told: [method: string, path: string, body: unknown, words: string][] = [
  [
    'POST',
    '/rules',
    sink('mqtt', { ...mqtt, retaind: true }),
    '"retaind" of sink mqtt_0 is not known and has no effect; did you mean retained?',
  ],
  ['POST', '/rules', sink('mqtt', { ...mqtt, sendSingel: true }), 'did you mean sendSingle?'],
  ['POST', '/rules', sink('file', { path: 'a.txt', fileTyp: 'lines' }), 'did you mean fileType?'],
  ['POST', '/rules', sink('rest', { url: 'http://example.test', methd: 'post' }), 'did you mean method?'],
  ['POST', '/rules', sink('log', { foo: 1 }), 'Property "foo" of sink log_0 is not known and has no effect.'],
  ['POST', '/rules', sink('mqtt', { ...mqtt, resourceid: 'nores' }), 'names resource "nores", which does not exist'],
  ['POST', '/rules', sink('mqtt', { ...mqtt, clientStatePath: '/y' }), '"clientStatePath" of sink mqtt_0 has no effect'],
  ['POST', '/rules', rule({ options: { qoss: 1 } }), 'Option "qoss" of rule w is not known and has no effect; did you mean qos?'],
  ['POST', '/rules', rule({ options: { isEventTme: true } }), 'did you mean isEventTime?'],
  ['POST', '/rules', rule({ options: { bufferLenght: 5 } }), 'did you mean bufferLength?'],
  ['POST', '/rules', rule({ options: { qos: 5 } }), '"qos" of rule w: 5 is outside of 0 to 2 and is taken as 2'],
  ['POST', '/rules', rule({ options: { qos: -1 } }), 'is taken as 0'],
  ['POST', '/rules', rule({ options: { restartStrategy: { attemps: 3 } } }), '"restartStrategy.attemps" of rule w'],
  ['POST', '/rules', rule({ options: { planOptimizeStrategy: { windowOption: { windowVersio: 'v2' } } } }), 'did you mean windowVersion?'],
  ['POST', '/rules', rule({ options: { notifySub: true } }), 'Option "notifySub" of rule w has no effect'],
  ['POST', '/rules', rule({ trigered: false }), 'Member "trigered" of the rule is not known and has no effect; did you mean triggered?'],
  ['POST', '/rules', rule({ actions: [{ nop: {} }, {}] }), 'actions[1] names no sink and has no effect'],
  [
    'POST',
    '/streams',
    stream('TYPE="mqt", DATASOURCE="x"'),
    'no source of type "mqt": rules that read stream w will be refused; did you mean mqtt?',
  ],
  ['POST', '/streams', stream('TYPE="mqtt", DATASOURCE="x", CONF_KEY="nokey"'), 'names conf key "nokey", which does not exist'],
  ['POST', '/streams', stream('TYPE="mqtt", DATASOURCE="a/#/b"'), 'Rules that read stream w will be refused'],
  ['POST', '/streams', stream('TYPE="memory", DATASOURCE="x", KIND="scan"'), 'Option KIND of stream w has no effect: it is for tables'],
  ['POST', '/streams', stream('TYPE="memory", DATASOURCE="x", RETAIN_SIZE="5"'), 'Option RETAIN_SIZE of stream w has no effect'],
  ['POST', '/streams', stream('TYPE="memory", DATASOURCE="x", KEY="id"'), 'Option KEY of stream w has no effect'],
  ['POST', '/streams', stream('TYPE="memory", DATASOURCE="x", TIMESTAMP_FORMAT="YYYY"'), 'there is no TIMESTAMP'],
  ['POST', '/streams', stream('TYPE="memory", DATASOURCE="x", DELIMITER=";"'), 'Option DELIMITER of stream w has no effect'],
  ['POST', '/streams', stream('TYPE="memory", DATASOURCE="x", SCHEMAID="a.b"'), 'FORMAT="json" has no schema'],
  ['POST', '/streams', stream('TYPE="memory", DATASOURCE="x", STRICT_VALIDATION="TRUE"'), 'no columns are declared'],
  ['POST', '/streams', stream('TYPE="memory", DATASOURCE="x", EXTRA="{\\"colAliasMaping\\":1}"'), 'did you mean colAliasMapping?'],
  [
    'POST',
    '/tables',
    table('TYPE="memory", DATASOURCE="x", KIND="lookup", KEY="id", RETAIN_SIZE="5"'),
    'Option RETAIN_SIZE of table w has no effect',
  ],
  [
    'POST',
    '/streams',
    { ...stream('TYPE="memory", DATASOURCE="x"'), sqll: 1 },
    'Member "sqll" of the body is not known and has no effect; did you mean sql?',
  ],
  [
    'POST',
    '/connections',
    { id: 'w', typ: 'mqtt', props: { sever: 'tcp://127.0.0.1:1' } },
    '"sever" of connection w (mqtt) is not known and has no effect; did you mean server?',
  ],
  ['POST', '/connections', { id: 'w', typ: 'mqt', props: {} }, 'There is no connector "mqt"'],
  [
    'POST',
    '/connections',
    { id: 'w', typ: 'mqtt', props: { protocolVersion: '9' } },
    'Property of connection w: protocolVersion: "9" is not one of',
  ],
  ['POST', '/connections', { id: 'w', typ: 'mqtt', prop: {}, props: {} }, 'Member "prop" of the body is not known'],
  ['PUT', '/metadata/sources/mqtt/confKeys/w', { sever: 'tcp://127.0.0.1:1' }, 'did you mean server?'],
  ['PUT', '/metadata/sources/mqtt/confKeys/w', { qos: 5 }, 'qos: 5 is not one of 0, 1, 2'],
  ['PUT', '/metadata/sinks/mqtt/confKeys/w', { tpic: 'x' }, 'did you mean topic?'],
  ['PUT', '/metadata/connections/mqtt/confKeys/w', { usernam: 'x' }, 'did you mean username?'],
  ['PUT', '/metadata/sources/nosuch/confKeys/w', { a: 1 }, 'There is no connector "nosuch"'],
  ['PATCH', '/configs', { loglevl: 'info' }, 'did you mean logLevel?'],
  ['PATCH', '/configs', { fileLog: true }, 'Member "fileLog" of the body has no effect'],
  ['POST', '/config/uploads', { name: 'w.txt', content: 'x', encodng: 'y' }, 'Member "encodng" of the body is not known'],
  ['POST', '/ruletest', { sql: 'SELECT * FROM s', mockSorce: {} }, 'did you mean mockSource?'],
  [
    'POST',
    '/ruletest',
    { sql: 'SELECT * FROM s', mockSource: { s: { data: [{}], intervl: 5 } } },
    'Member "intervl" of mockSource.s is not known and has no effect; did you mean interval?',
  ],
  ['POST', '/tracer', { service_name: 'x', action: 'begin', collector_url: 'h:1' }, 'is not one of start, stop'],
  [
    'POST',
    '/batch/req',
    [{ method: 'GET', pth: '/', path: '/ping' }],
    'Member "pth" of call 0 is not known and has no effect; did you mean path?',
  ],
  ['GET', '/tables?kind=lookupp', undefined, '"kind" of GET /tables: "lookupp" is not one of scan, lookup'],
  [
    'GET',
    '/tabledetails?knd=scan',
    undefined,
    'Query parameter "knd" of GET /tabledetails is not known and has no effect; did you mean kind?',
  ],
  ['GET', '/rules?limit=3', undefined, '"limit" of GET /rules is not known'],
  ['GET', '/metadata/sources?kind=lokup', undefined, 'is not one of source, lookup'],
  ['POST', '/rules/validate', sink('mqqt', {}), 'The rule cannot be made: '],
  ['POST', '/rules/validate', sink('mqtt', { topic: 't' }), 'The rule cannot be made: missing server property'],
];

/** Refused, with these words. */
const refused: [method: string, path: string, body: unknown, words: string][] = [
  ['POST', '/rules', sink('mqqt', {}), 'did you mean mqtt?'],
  [
    'POST',
    '/rules',
    sink('mqtt', { servr: 'tcp://127.0.0.1:1', topic: 't' }),
    '"servr" of sink mqtt_0 is not known and has no effect; did you mean server?',
  ],
  ['POST', '/rules', sink('mqtt', { ...mqtt, qos: 3 }), 'invalid qos value 3'],
  ['POST', '/rules', sink('mqtt', { ...mqtt, tls: 'default' }), 'there are no TLS profiles'],
  ['POST', '/rules', sink('mqtt', { ...mqtt, renegotiationSupport: 'freely' }), 'TLS renegotiation is not supported'],
  [
    'POST',
    '/rules',
    sink('mqtt', { ...mqtt, compression: 'gzip', compressionProps: { level: 9 } }),
    '"compressionProps" of sink mqtt_0 is not supported',
  ],
  ['POST', '/rules', sink('mqtt', { ...mqtt, encProps: { mode: 'ecb' } }), 'mode: "ecb" is not one of'],
  ['POST', '/rules', sink('mqtt', { ...mqtt, sendSingle: 'maybe' }), 'sendSingle: "maybe" is not true or false'],
  ['POST', '/rules', sink('nop', { enableCache: 'perhaps' }), 'enableCache:"perhaps" is not true or false'],
  ['POST', '/rules', sink('nop', { concurrency: -1 }), 'concurrency: -1 is below 0; allowed: 0 or more'],
  ['POST', '/rules', sink('nop', { bufferLength: 0 }), 'bufferLength: 0 is below 1'],
  ['POST', '/rules', rule({ options: { qos: '1' } }), 'qos: "1" is not a number'],
  ['POST', '/rules', rule({ options: { bufferlength: -5 } }), 'bufferLength must be greater than 0'],
  ['POST', '/rules', rule({ options: { isEventTime: 'yes' } }), 'isEventTime: "yes" is not true or false'],
  ['POST', '/rules', rule({ options: { cacheFullPolicy: 'drop' } }), 'cacheFullPolicy: "drop" is not one of dropOldest, wait, stop'],
  [
    'POST',
    '/rules',
    { id: 'w', sql: 'SELECT * FROM s', actons: [{ nop: {} }] },
    'Member "actons" of the rule is not known and has no effect; did you mean actions?',
  ],
  ['POST', '/rules', { id: 'w', sqll: 'SELECT * FROM s', actions: [{ nop: {} }] }, 'did you mean sql?'],
  ['POST', '/streams', { sql: 'CREATE STREAM w () WITH (DATASOURC="x")' }, 'did you mean DATASOURCE?'],
  ['POST', '/streams', { sql: 'CREATE STREAM w (a floa) WITH (DATASOURCE="x")' }, 'FLOAT'],
  ['POST', '/streams', { sqll: 'CREATE STREAM w () WITH (DATASOURCE="x")' }, 'did you mean sql?'],
  ['POST', '/schemas/protobuf', { name: 'w', soFile: 'file:///a.so' }, 'libraries of Go cannot be loaded'],
  ['PATCH', '/configs', { logLevel: 'loud' }, 'logLevel: "loud" is not one of'],
];

// @covers issue:18#2
// @covers finding:ease#B6
// @covers finding:parity#4
// @covers finding:parity#7
describe('wrong inputs', () => {
  afterEach(async () => {
    await made.call('DELETE', '/rules/w');
    await made.call('DELETE', '/streams/w?force=true');
    await made.call('DELETE', '/tables/w?force=true');
    await made.call('DELETE', '/connections/w');
  });

  it.each(told)('%s %s %j is taken and told: %s', async (method, path, body, words) => {
    const { status, text, warnings } = await made.call(method, path, body);
    expect(status, text).toBeLessThan(300);
    expect(warnings.join('\n')).toContain(words);
  });

  it.each(told)('%s %s %j is refused for a strict caller and changes nothing', async (method, path, body, words) => {
    const { status, text } = await made.call(method, path, body, { 'Kuiper-Strict': 'true' });
    if (path === '/batch/req') return;
    expect(status, text).toBeGreaterThanOrEqual(400);
    const named = (words.match(/"[^"]+"|Option \w+/) ?? [''])[0];
    const shown = text.replaceAll('\\"', '"');
    if (path !== '/rules/validate') expect(shown).toContain(named);
    for (const place of ['/rules/w', '/streams/w', '/tables/w', '/connections/w'])
      expect((await made.call('GET', place)).status, place).toBeGreaterThanOrEqual(400);
  });

  it.each(refused)('%s %s %j is refused: %s', async (method, path, body, words) => {
    const { status, text, warnings } = await made.call(method, path, body);
    expect(status).toBe(400);
    expect([(JSON.parse(text) as { message: string }).message, ...warnings].join('\n')).toContain(words);
  });
});

const cases: [what: string, method: string, path: string, body: unknown, status: number][] = [
  ['statement', 'POST', '/streams', { SQL: 'CREATE STREAM anycase () WITH (TYPE="memory", DATASOURCE="x")' }, 201],
  ['rule', 'POST', '/rules', { Id: 'anycase', Sql: 'SELECT * FROM anycase', Actions: [{ nop: { LOG: true } }], Triggered: false }, 201],
  ['upload', 'POST', '/config/uploads', { Name: 'anycase.txt', Content: 'x' }, 201],
  ['connection', 'POST', '/connections', { ID: 'anycase', Typ: 'mqtt', Props: { SERVER: 'tcp://127.0.0.1:1' } }, 201],
  ['batch', 'POST', '/batch/req', [{ Method: 'GET', Path: '/ping' }], 200],
  ['tags', 'PUT', '/rules/anycase/tags', { Tags: ['a'] }, 200],
  ['trial', 'POST', '/ruletest', { Id: 'anycase', SQL: 'SELECT * FROM anycase', MockSource: {} }, 200],
  ['settings', 'PATCH', '/configs', { LogLevel: 'info' }, 204],
];

// @covers finding:parity#7
it.each(cases)('names of a %s count in any letter case, as Go takes them', async (_what, method, path, body, status) => {
  const answer = await made.call(method, path, body);
  expect([answer.status, answer.warnings], answer.text).toEqual([status, []]);
  if (path === '/batch/req') expect(JSON.parse(answer.text)).toEqual([{ code: 200 }]);
});

it('an unknown strategy of a trace is taken as always, as eKuiper does, and told', async () => {
  await made.call('POST', '/rules', { ...rule({}), id: 'traced' });
  const start = (strategy: string, headers = {}) => made.call('POST', '/rules/traced/trace/start', { strategy }, headers);
  expect((await start('sometimes')).warnings).toEqual([
    'Strategy "sometimes" is not one of always, head; always is taken, every message is traced.',
  ]);
  for (const right of ['always', 'head', 'HEAD']) expect(await start(right)).toMatchObject({ status: 200, warnings: [] });
  expect((await start('sometimes', { 'Kuiper-Strict': 'true' })).status).toBe(400);
  expect((await made.call('DELETE', '/streams/s?forse=true')).warnings.join()).toContain('did you mean force?');
});

it('health notes what a rule asks for and does not get, and the log says it once', async () => {
  const body = { ...sink('nop', { foo: 1 }), id: 'noted', options: { qoss: 1 } };
  await made.call('POST', '/rules', { ...body, triggered: true });
  const notes = async () => (JSON.parse((await made.call('GET', '/rules/noted/health')).text) as { notes: string[] }).notes;
  const expected = [
    'Option "qoss" of rule noted is not known and has no effect; did you mean qos?',
    'Property "foo" of sink nop_0 is not known and has no effect.',
  ];
  expect(await notes()).toEqual(expected);
  await made.call('POST', '/rules/noted/restart');
  await made.call('POST', '/rules/noted/restart');
  expect(await notes()).toEqual(expected);
  const logged = made.lines.filter((l) => JSON.stringify(l).includes('nop_0 is not known'));
  expect(logged).toHaveLength(1);
});

it('the command line prints warnings on stderr, and --strict and validate refuse', async () => {
  const run = async (...args: string[]) => {
    const out: string[] = [];
    const err: string[] = [];
    const io = { out: (t: string) => void out.push(t), err: (t: string) => void err.push(t), terminal: false, color: false };
    const code = await runCli(['--url', made.url, ...args], {}, io);
    return { code, out: out.join('\n'), err: err.join('\n') };
  };
  const text = JSON.stringify({ sql: 'SELECT * FROM s', actions: [{ nop: {} }], options: { qoss: 1 }, triggered: false });
  const taken = await run('create', 'rule', 'cli1', text);
  expect(taken.err).toBe('Warning: Option "qoss" of rule cli1 is not known and has no effect; did you mean qos?');
  expect(taken.out).toContain('cli1');
  const strict = await run('--strict', 'create', 'rule', 'cli2', text);
  expect(strict.code).toBe(1);
  expect(strict.out + strict.err).toContain('did you mean qos?');
  expect(strict.err).not.toContain('Warning:');
  expect(Object.values(await run('validate', 'rule', 'cli3', text)).join('\n')).toContain('did you mean qos?');
  expect(Object.values(await run('validate', 'rule', 'cli3', text.replace('qoss', 'qos').replace('nop', 'mqqt'))).join('\n')).toContain(
    'sink mqqt is not defined',
  );
  expect(Object.values(await run('validate', 'rule', 'cli3', text.replace('qoss', 'qos'))).join('\n')).toContain('successfully validated');
});
