// Fuzz targets of the small languages inside SQL and settings: paths, patterns, times, numbers, templates, cron.
import { parseDurationMs } from '../../../src/base/duration.ts';
import { formatDateTime } from '../../../src/data/datetime-format.ts';
import { parseDateTime } from '../../../src/data/datetime-parse.ts';
import { compileDatePattern } from '../../../src/data/datetime-pattern.ts';
import { parseGoDuration } from '../../../src/data/go-duration.ts';
import { parseGoBool, parseGoFloat, parseGoInt } from '../../../src/data/go-numbers.ts';
import { compileJsonPath } from '../../../src/data/json-path/index.ts';
import { createLike } from '../../../src/data/like.ts';
import { compileRegex } from '../../../src/data/regex.ts';
import type { Value } from '../../../src/data/value.ts';
import { parseCron } from '../../../src/runtime/rule/cron.ts';
import { createTemplateEngine } from '../../../src/templates/index.ts';
import { hold, orRefuses, orRefusesCoded, type Target, textOf } from '../target.ts';

const env = { timeZone: 'Europe/Berlin', clock: { now: () => 1_700_000_000_000 } };
const document: Value = {
  a: { b: [1, 2.5, 'x', null, { c: true }], d: { e: 'y' } },
  list: [
    { id: 1n, v: 3 },
    { id: 2n, v: 4 },
  ],
  s: 'text',
  n: 7,
};

/** The part before the first line break, and the rest. */
function halves(input: Uint8Array): [string, string] {
  const text = textOf(input);
  const cut = text.indexOf('\n');
  return cut < 0 ? [text, ''] : [text.slice(0, cut), text.slice(cut + 1)];
}

export const dataTargets: readonly Target[] = [
  {
    name: 'json-path',
    doc: 'a JSON path compiled, and run over a document',
    seeds: [
      '$.a.b[0]',
      '$..c',
      '$.list[?(@.v > 3 && @.id == 2)].id',
      '$.a.b[1:3]',
      '$["a"]["d"].*',
      '$.list[*].v',
      '$.a.b[-1]',
      '$.s ? (@ like_regex "t.*")',
    ],
    words: [
      '$',
      '@',
      '..',
      '*',
      '[?(',
      ')]',
      '[*]',
      '[',
      ']',
      '.a',
      '.b',
      '.list',
      '"',
      '==',
      '!=',
      '&&',
      '||',
      '!',
      '<',
      '1:2',
      'null',
      'true',
      'exists(',
      'to ',
      'last',
      '.size()',
      '.type()',
      '.double()',
      'starts with ',
      'strict ',
    ],
    maxBytes: 200,
    files: /\/src\/data\//,
    load: async () => (input) => {
      const path = orRefuses(() => compileJsonPath(textOf(input)));
      if (path) orRefuses(() => path(document));
    },
  },
  {
    name: 'date-pattern',
    doc: 'a date pattern: compiled, written, read back',
    seeds: ['yyyy-MM-dd HH:mm:ss.SSS', 'EEE, d MMM yy h:mm a Z', "yyyy-MM-dd'T'HH:mm:ssXXX", 'DDDD w Q', 'YYYY-MM-dd'],
    words: [
      'yyyy',
      'YYYY',
      'MM',
      'MMM',
      'MMMM',
      'dd',
      'HH',
      'hh',
      'mm',
      'ss',
      'SSS',
      'SSSSSSSSS',
      'a',
      'Z',
      'ZZZ',
      'X',
      'XXX',
      'EEEE',
      'D',
      "'",
      "''",
      '\n',
    ],
    maxBytes: 120,
    files: /\/src\/data\//,
    load: async () => (input) => {
      const [text, other] = halves(input);
      const pattern = orRefuses(() => compileDatePattern(text));
      if (!pattern) return;
      const t = parseDateTime('2023-11-14T22:13:20.123456789Z', env);
      const written = formatDateTime(t, pattern);
      orRefusesCoded(() => parseDateTime(written, env, pattern));
      orRefusesCoded(() => parseDateTime(other, env, pattern));
    },
  },
  {
    name: 'date-text',
    doc: 'a text as a date, without a pattern',
    seeds: [
      '2023-11-14T22:13:20.123+01:00',
      '2023-11-14 10:00',
      '10:30:15',
      'Tue, 14 Nov 2023 22:13:20 GMT',
      '11/14/2023',
      '20231114T221320Z',
      'Nov 14 2023 3:04PM',
    ],
    words: ['2023', '-11-', 'T', 'Z', '+01:00', 'GMT', 'CEST', 'Monday', 'January', 'PM', ':59', '.123456789', '29 Feb', '0000', '9999'],
    maxBytes: 80,
    files: /\/src\/data\//,
    load: async () => (input) => {
      const t = orRefusesCoded(() => parseDateTime(textOf(input), env));
      if (t) hold(typeof t.epochNs === 'bigint' && Number.isFinite(t.epochMs), 'a moment without a number');
    },
  },
  {
    name: 'durations',
    doc: 'durations of settings and of SQL',
    seeds: ['1h2m3s', '-1.5h', '100ms', '1us2ns', '10', '0', '1d', '1.000000001s'],
    words: ['h', 'm', 's', 'ms', 'us', 'µs', 'ns', 'd', '.', '-', '+'],
    maxBytes: 60,
    files: /\/src\/(base\/duration|data\/go-duration)/,
    load: async () => (input) => {
      const text = textOf(input);
      const ms = orRefuses(() => parseDurationMs(text));
      if (ms !== undefined) hold(Number.isFinite(ms), `no number of ms: ${ms}`);
      orRefuses(() => parseGoDuration(text));
    },
  },
  {
    name: 'numbers',
    doc: 'numbers as Go reads them',
    seeds: ['123', '-0x1f', '1e10', '0b101', '1_000', 'Inf', '.5', 'true', '9223372036854775807', '0x1p-2'],
    words: ['0x', '0b', '0o', 'e', 'p', '_', '.', '-', '+', 'inf', 'nan', 'T'],
    maxBytes: 60,
    files: /\/src\/data\/go-numbers/,
    load: async () => (input) => {
      const text = textOf(input);
      const i = parseGoInt(text);
      if (i !== undefined) hold(i >= -(2n ** 63n) && i < 2n ** 63n, `no int64: ${i}`);
      parseGoFloat(text);
      parseGoBool(text);
    },
  },
  {
    name: 'like',
    doc: 'LIKE: the pattern before the line break, the text after it; the same answer as by a naive matcher',
    seeds: ['a%b_\nacccbd', '%\\%%\n10%', '_%_\nxy', '\n'],
    words: ['%', '_', '\\%', '\\_', '\\', '\n', '\ud83d\ude00'],
    maxBytes: 80,
    files: /\/src\/data\/like/,
    load: async () => (input) => {
      const [pattern, text] = halves(input);
      const got = createLike(pattern)(text);
      hold(got === naiveLike(Array.from(pattern), 0, Array.from(text), 0, new Map()), `LIKE answers ${got}`);
    },
  },
  {
    name: 'regex',
    doc: 'regular expressions of SQL: pattern, line break, text',
    seeds: ['a+b(c|d)*\naabcd', '(?i)[^x-z]{2,3}$\nABC', '^\\w+\\s\\d\\b\nab 1', '(?P<n>x)y\\1\nxy'],
    words: [
      '(?',
      '(?:',
      '(?P<a>',
      '[^',
      ']',
      '{2,}',
      '{9}',
      '*',
      '+?',
      '|',
      '\\d',
      '\\pL',
      '\\x{10FFFF}',
      '$',
      '^',
      '\\b',
      '[[:alpha:]]',
      '\\Q',
      '\n',
    ],
    maxBytes: 100,
    files: /\/src\/data\/regex|re2js/,
    load: async () => (input) => {
      const [written, text] = halves(input);
      // few repetitions: with a thousand of each part nearly all time goes into preparing one pattern, which test/data/regex.test.ts holds
      const pattern = written
        .replace(/\{(\d+)/g, (_, n: string) => `{${Number(n.slice(-1))}`)
        .replace(/,(\d+)\}/g, (_, n: string) => `,1${n.slice(-1)}}`);
      const regex = orRefuses(() => compileRegex(pattern));
      if (regex) orRefuses(() => regex.test(text));
    },
  },
  {
    name: 'template',
    doc: 'a template of a sink: compiled, and run over a row',
    seeds: [
      '{{.a.b}} {{range $i, $e := .list}}{{$i}}={{$e.v}};{{end}}',
      '{{if gt .n 3}}x{{else}}y{{end}}',
      '{{with .a}}{{json .}}{{end}}',
      '{{printf "%05.2f %v %s" 3.14159 .n .s | upper}}',
      '{{index .list 0}}{{len .s}}{{/* c */}}',
      '{{define "t"}}{{.}}{{end}}{{template "t" .s}}',
      '{{- .s | trunc 3 | quote -}}',
    ],
    words: [
      '{{',
      '}}',
      '{{-',
      '-}}',
      '{{end}}',
      '{{range ',
      '{{if ',
      '{{with ',
      '{{else}}',
      '{{template "t" .}}',
      '{{define "t"}}',
      '{{block "t" .}}',
      '{{break}}',
      '{{continue}}',
      '$x := ',
      ' | ',
      '.list',
      '.a',
      '.n',
      'printf "%',
      'add ',
      'json ',
      'base64 ',
      'eq ',
      'and ',
      'or ',
      'not ',
      'slice ',
      'index ',
      'call ',
      'repeat 3 ',
      'splitList "," ',
      'dict "a" ',
      'list ',
      'until 5',
      'date "2006" ',
      'regexFind ',
      'substr 0 2 ',
      'toString ',
    ],
    maxBytes: 240,
    files: /\/src\/templates\//,
    async load() {
      const engine = createTemplateEngine({
        now: () => 1_700_000_000_000,
        timeZone: 'UTC',
        property: () => undefined,
        toJson: (v) => JSON.stringify(v, (_k, x: unknown) => (typeof x === 'bigint' ? Number(x) : x)) ?? 'null',
      });
      return (input) => {
        const template = orRefusesCoded(() => engine.compile(textOf(input)));
        if (template) orRefuses(() => template(document));
      };
    },
  },
  {
    name: 'cron',
    doc: 'a cron text, and the next three times',
    seeds: ['*/5 1-3 * jan,mar 1-5', '@every 1h', '@daily', '0 0 30 2 *', '59 23 31 12 ?'],
    words: ['*', '/', '-', ',', '?', 'mon', 'dec', '@every ', '@yearly', ' '],
    maxBytes: 60,
    files: /\/src\/runtime\/rule\/cron/,
    load: async () => (input) => {
      const cron = orRefusesCoded(() => parseCron(textOf(input), 'Europe/Berlin'));
      if (!cron) return;
      let at: number | undefined = 1_700_000_000_000;
      for (let i = 0; i < 3 && at !== undefined; i++) {
        const next = cron.next(at);
        hold(next === undefined || next > at, `next time ${next} is not after ${at}`);
        at = next;
      }
    },
  },
];

/** @param known what was found for a place of the pattern and one of the text */
function naiveLike(pattern: readonly string[], p: number, text: readonly string[], t: number, known: Map<number, boolean>): boolean {
  if (p === pattern.length) return t === text.length;
  const place = p * 1000 + t;
  let found = known.get(place);
  if (found === undefined) known.set(place, (found = naiveLikeHere(pattern, p, text, t, known)));
  return found;
}

function naiveLikeHere(pattern: readonly string[], p: number, text: readonly string[], t: number, known: Map<number, boolean>): boolean {
  const sign = pattern[p];
  if (sign === '%') {
    for (let i = t; i <= text.length; i++) if (naiveLike(pattern, p + 1, text, i, known)) return true;
    return false;
  }
  if (t === text.length) return false;
  if (sign === '\\' && (pattern[p + 1] === '%' || pattern[p + 1] === '_'))
    return pattern[p + 1] === text[t] && naiveLike(pattern, p + 2, text, t + 1, known);
  return (sign === '_' || sign === text[t]) && naiveLike(pattern, p + 1, text, t + 1, known);
}
