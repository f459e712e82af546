// What the routes that people and programs read most answer, member by member. Held against the answers of a running gateway by
// test/rest/openapi-answers.test.ts: a member that is not listed here, or has another type, fails it.
import type { Schema } from './schema-of.ts';

type Shape = string | readonly [Shape] | { readonly [member: string]: Shape };

/** `'string'`, `'integer'` …, `'string|null'`, `'any'`; `[shape]` is a list, `{ '*': shape }` a map; a member with `?` may be missing. */
export function shape(s: Shape): Schema {
  if (typeof s === 'string') {
    if (s === 'any') return {};
    const types = s.split('|');
    return { type: types.length === 1 ? types[0] : types };
  }
  if (isList(s)) return { type: 'array', items: shape(s[0]) };
  const members = Object.entries(s).filter(([name]) => name !== '*');
  const required = members.filter(([name]) => !name.endsWith('?')).map(([name]) => name);
  return {
    type: 'object',
    ...(members.length > 0 ? { properties: Object.fromEntries(members.map(([name, m]) => [name.replace('?', ''), shape(m)])) } : {}),
    ...(required.length > 0 ? { required } : {}),
    ...(s['*'] === undefined ? {} : { additionalProperties: shape(s['*']) }),
  };
}
const isList = (s: Shape): s is readonly [Shape] => Array.isArray(s);
const answer = (s: Shape): { schema: Schema } => ({ schema: shape(s) });

const texts = ['string'] as const;
const connection = 'string';
const device = {
  name: 'string',
  'unit?': 'integer',
  line: 'string',
  state: 'string',
  failingMs: 'number',
  lastReplyAtMs: 'number',
  'replyMs?': 'number',
  points: { good: 'integer', stale: 'integer', bad: 'integer' },
  refused: { '*': 'string' },
  requests: 'integer',
  timeouts: 'integer',
  strays: 'integer',
  nextTryMs: 'number',
  problem: 'string',
} as const;
const cause = {
  step: 'string',
  at: 'string',
  kind: 'string',
  problem: 'boolean',
  text: 'string',
  cure: 'string',
  sinceMs: 'number',
  count: 'integer',
} as const;
const source = {
  stream: 'string',
  connection,
  message: 'string',
  disconnectedAtMs: 'number',
  lastMessageAtMs: 'number',
  dropped: 'integer',
  dropReasons: { '*': 'integer' },
  peerDropped: 'integer',
  waitingMs: 'number',
  undecodable: 'integer',
  unconfirmed: 'integer',
  reconnects: 'integer',
  recentLosses: 'integer',
  lastLoss: 'string',
  devices: [device],
  notes: texts,
} as const;
const sink = {
  sink: 'string',
  connection,
  lastTryAtMs: 'number',
  message: 'string',
  mode: 'string',
  waiting: 'integer',
  retried: 'integer',
  spilled: 'integer',
  dropped: 'integer',
  refused: 'integer',
  parked: 'integer',
  parkedReason: 'string',
  parkedOldestAtMs: 'number',
  parkError: 'string',
  queueRows: 'integer',
  queueBytes: 'integer',
  storeError: 'string',
  queueOldestAtMs: 'number',
  reconnects: 'integer',
  recentLosses: 'integer',
  lastLoss: 'string',
  lastError: 'string',
  lastErrorAtMs: 'number',
  notes: texts,
} as const;
const step = {
  step: 'string',
  at: 'string',
  state: 'string',
  in: 'integer',
  out: 'integer',
  failed: 'integer',
  text: 'string',
  'lastValue?': 'string',
  'lastError?': 'string',
} as const;
const setting = {
  path: 'string',
  value: 'any',
  default: 'any',
  place: 'string',
  owner: 'boolean',
  takesEffect: 'string',
  'doc?': 'string',
} as const;
const namedConnection = {
  id: 'string',
  typ: 'string',
  props: { '*': 'any' },
  isNamed: 'boolean',
  status: connection,
  'err?': 'string',
} as const;
const sourceDefinition = {
  Name: 'string',
  StreamFields: 'array|null',
  Options: { '*': 'string|boolean|integer|null' },
  StreamType: 'integer',
  Statement: 'any',
} as const;
const ruleBrief = { id: 'string', name: 'string', status: 'string', version: 'string', trace: 'boolean', tags: 'array|null' } as const;

export const answers = {
  gateway: answer({
    version: 'string',
    os: 'string',
    arch: 'string',
    upTimeSeconds: 'integer',
    cpuUsage: 'string',
    memoryUsed: 'string',
    memoryTotal: 'string',
    'safeMode?': 'string',
    'problems?': texts,
    'changes?': texts,
    'notes?': texts,
  }),
  overview: answer({
    atMs: 'number',
    rules: [
      {
        id: 'string',
        name: 'string',
        state: 'string',
        ok: 'boolean',
        problems: texts,
        recordsIn: 'integer',
        recordsOut: 'integer',
        exceptions: 'integer',
        waiting: 'integer',
        lastMessageAtMs: 'number',
        startedAtMs: 'number',
        tags: texts,
      },
    ],
  }),
  settings: answer([setting]),
  setting: answer(setting),
  rules: answer([ruleBrief]),
  allStates: answer({ '*': { status: 'string', 'last_exception?': 'string', 'exceptions_total?': 'integer' } }),
  health: answer({
    state: 'string',
    ok: 'boolean',
    problems: texts,
    notes: texts,
    causes: [cause],
    sources: [source],
    sinks: [sink],
    lateRows: 'integer',
    aheadRows: 'integer',
    keys: { count: 'integer', limit: 'integer', forgotten: 'integer', refusedRows: 'integer' },
    exceptions: 'integer',
    failedRows: [{ op: 'string', count: 'integer', text: 'string', sample: 'string', 'key?': 'string', atMs: 'number' }],
    operatorTimes: [{ op: 'string', rows: 'integer', p50Us: 'integer', p90Us: 'integer', p99Us: 'integer' }],
    deadLetters: 'integer',
    setAside: 'integer',
    'parked?': 'object',
    'lastError?': { text: 'string', atMs: 'number', op: 'string' },
    checkpoint: { bytes: 'integer', lastAtMs: 'number', heldMessages: 'integer', failures: 'integer', lastError: 'string' },
  }),
  diag: answer({
    rule: 'string',
    state: 'string',
    ok: 'boolean',
    problems: texts,
    notes: texts,
    summary: 'string',
    'stopsAt?': { step: 'string', at: 'string', text: 'string', cure: 'string' },
    steps: [step],
  }),
  parkedRows: answer([
    {
      sink: 'string',
      id: 'integer',
      rows: 'integer',
      bytes: 'integer',
      reason: 'string',
      tries: 'integer',
      atMs: 'number',
      parkedAtMs: 'number',
      keys: texts,
      overtaken: 'boolean',
    },
  ]),
  topo: answer({ sources: texts, edges: { '*': texts } }),
  ruleColumns: answer({ '*': { hasIndex: 'boolean', index: 'integer' } }),
  validation: answer({ valid: 'boolean', 'sources?': texts }),
  sourceDetails: answer([{ name: 'string', type: 'string', format: 'string' }]),
  source: answer(sourceDefinition),
  connections: answer([namedConnection]),
  connection: answer(namedConnection),
  devices: answer([{ kind: 'string', '*': 'any' }]),
} as const;
