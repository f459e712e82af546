// Mutations of what stands before a token and of what bounds numbers, patterns, windows and lines of rubbish; and of the suspect record.
import type { MutationList } from './mutation.ts';

const gate = 'src/base/http-gate.ts';
const server = 'src/rest/server.ts';
const single = 'src/base/single-headers.ts';
const regex = 'src/data/regex.ts';
const stream = 'src/connectors/modbus/transport/stream.ts';
const budget = 'src/base/budget.ts';
const props = 'src/contract/props.ts';
const duration = 'src/base/duration.ts';
const ledger = 'src/runtime/suspect/ledger.ts';
const headers = 'src/templates/rendered/headers.ts';

export const mutations: MutationList = {
  area: 'gates',
  tests: [
    'test/base/budget.test.ts',
    'test/base/http-gate.test.ts',
    'test/data/regex.test.ts',
    'test/connectors/modbus/stream-work.test.ts',
    'test/connectors/modbus/stream.test.ts',
    'test/exec/join.test.ts',
    'test/runtime/numbers-of-options.test.ts',
    'test/runtime/suspect/ledger.test.ts',
    'test/templates/rendered/rendered.test.ts',
    'test/rest/server.test.ts',
    'test/rest/before-token.test.ts',
  ],
  mutations: [
    { id: 'one-stranger-more', file: gate, find: '.strangers >= limit)', replace: '.strangers > limit)' },
    { id: 'no-limit-of-all', file: gate, find: 'bySocket.size >= limits.total &&', replace: 'bySocket.size > limits.total * 2 &&' },
    { id: 'silence-is-never-cut', file: gate, find: 'if (!held.called) socket.destroy();', replace: 'if (held.called) socket.destroy();' },
    { id: 'a-host-is-a-network-of-its-own', file: gate, find: 'groups.slice(0, 4)', replace: 'groups.slice(0, 8)' },
    { id: 'bodies-beyond-the-budget', file: gate, find: 'this.used + bytes > this.limit', replace: 'this.used > this.limit' },
    { id: 'strangers-send-bodies', file: server, find: 'if (!known || (BODILESS', replace: 'if ((BODILESS' },
    { id: 'chunks-without-end', file: server, find: "if (size + chunk.length > limit) return 'too long';", replace: '' },
    { id: 'viewers-act-by-get', file: server, find: 'own.setHas(ACTING_GETS, path) ||', replace: '' },
    { id: 'strangers-count-as-known', file: server, find: 'if (known) options.gate', replace: 'options.gate' },
    { id: 'broken-bodies-are-held', file: server, find: 'if (!whole) budget.give(size);', replace: '' },
    { id: 'read-bodies-are-held', file: server, find: 'options.budget.give(body.length);', replace: '' },
    { id: 'two-origins', file: single, find: "'origin', ", replace: '' },
    { id: 'two-hosts-in-another-case', file: single, find: 'name.toLowerCase()', replace: 'name' },
    { id: 'open-repetitions-are-short', file: regex, find: ', Number(most));', replace: ');' },
    { id: 'repetitions-are-not-written-out', file: regex, find: 'Math.min(MAX_REPEATS, repeats)', replace: '1' },
    { id: 'incomplete-frames-are-passed', file: stream, find: '      if (!decided) return;\n', replace: '' },
    { id: 'damaged-ends-are-forgotten', file: stream, find: '      scannedEnd = dataEnd;\n    };', replace: '    };' },
    { id: 'windows-without-memory', file: budget, find: 'const MAX_BYTES_FACTOR = 4', replace: 'const MAX_BYTES_FACTOR = 50' },
    { id: 'endless-numbers', file: props, find: 'if (!Number.isFinite(v)) fail', replace: 'if (Number.isNaN(v)) fail' },
    { id: 'inexact-numbers', file: props, find: '!Number.isSafeInteger(v)', replace: '!Number.isInteger(v)' },
    { id: 'endless-spans', file: duration, find: 'if (!(Math.abs(ms) <= MAX_MS))', replace: 'if (Number.isNaN(ms))' },
    { id: 'a-third-death', file: ledger, find: 'CONDEMNED_AT = 2;', replace: 'CONDEMNED_AT = 3;' },
    {
      id: 'condemned-is-forgotten-in-quiet',
      file: ledger,
      find: 'run: [], cases: ledger.cases.filter((c) => c.deaths >= CONDEMNED_AT) };\n}\n\nexport function parkFor',
      replace: 'run: [], cases: [] };\n}\n\nexport function parkFor',
    },
    { id: 'the-first-place-is-any', file: ledger, find: ' && c.message.source === m.source;', replace: ';' },
    { id: 'a-template-of-the-host-header', file: headers, find: "  'host',\n", replace: '' },
    { id: 'line-ends-in-headers', file: headers, find: '/[^\\P{Cc}\\t]/u', replace: '/[^\\P{Cc}\\t\\r\\n]/u' },
  ],
};
