// Go text/template: what Go gives for each template, value by value.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isGatewayError } from '../../src/base/errors/gateway-error.ts';
import { encodeJson } from '../../src/codecs/json/encode.ts';
import type { Value } from '../../src/data/value.ts';
import { createTemplateEngine } from '../../src/templates/index.ts';

const engine = createTemplateEngine({
  now: () => Date.UTC(2026, 10, 23, 12, 30, 5),
  timeZone: 'UTC',
  property: (name) => (name === 'site' ? 'plant-7' : undefined),
  toJson: encodeJson,
});
const render = (source: string, data: Value = null) => engine.compile(source)(data);

const row = { dev: 'a', id: 1, temp: 20.5, n: null, big: 1000000, o: { x: 1, y: [1, 2, 3] }, on: true, whole: 7n };

describe('templates', () => {
  const table: [source: string, expected: string][] = [
    ['plain', 'plain'],
    ['{{.dev}} {{.id}} {{.temp}}', 'a 1 20.5'],
    ['{{.big}}', '1e+06'],
    ['{{.nope}}', '<no value>'],
    ['{{.nope.x.y}}', '<no value>'],
    ['{{.o}}', 'map[x:1 y:[1 2 3]]'],
    ['{{.o.y}}', '[1 2 3]'],
    ['{{index .o.y 1}}', '2'],
    ['{{index .o "x"}}', '1'],
    ['{{len .o.y}} {{len .dev}}', '3 1'],
    ['a  {{- " b " -}}  c', 'a b c'],
    ['{{/* nothing */}}x', 'x'],
    ['{{- /* nothing */ -}} x', 'x'],
    ['{{if .on}}yes{{else}}no{{end}}', 'yes'],
    ['{{if .n}}yes{{else if .on}}else{{else}}no{{end}}', 'else'],
    ['{{with .o}}{{.x}}{{$.dev}}{{end}}', '1a'],
    ['{{with .nope}}x{{else}}none{{end}}', 'none'],
    ['{{range .o.y}}<{{.}}>{{end}}', '<1><2><3>'],
    ['{{range $i, $e := .o.y}}{{$i}}={{$e}};{{end}}', '0=1;1=2;2=3;'],
    ['{{range $k, $v := .o}}{{$k}};{{end}}', 'x;y;'],
    ['{{range .nope}}x{{else}}empty{{end}}', 'empty'],
    ['{{range .o.y}}{{if eq . 2.0}}{{continue}}{{end}}{{.}}{{end}}', '13'],
    ['{{range .o.y}}{{if eq . 2.0}}{{break}}{{end}}{{.}}{{end}}', '1'],
    ['{{$x := 1}}{{range .o.y}}{{$x = 5}}{{end}}{{$x}}', '5'],
    ['{{$x := 1}}{{range .o.y}}{{$x := 5}}{{end}}{{$x}}', '1'],
    ['{{define "t"}}[{{.}}]{{end}}{{template "t" .dev}}{{template "t"}}', '[a][<no value>]'],
    ['{{block "b" .dev}}({{.}}){{end}}', '(a)'],
    ['{{.temp | printf "%.2f"}}', '20.50'],
    ['{{printf "%5d|%-5s|%05.1f|%x|%q|%v|%t" 42 "ab" 3.14159 255 "hi" .o true}}', '   42|ab   |003.1|ff|"hi"|map[x:1 y:[1 2 3]]|true'],
    ['{{printf "%d" .id}}', '%!d(float64=1)'],
    ['{{and .on .dev}} {{or .n "d"}} {{not .on}}', 'a d false'],
    ['{{and false (index .o.y 99)}}', 'false'],
    ['{{if and (gt .id 0.5) (lt .id 3.0)}}mid{{end}}', 'mid'],
    ['{{eq .dev "x" "a"}} {{ne .dev "a"}} {{eq .n nil}}', 'true false true'],
    ['{{upper .dev}} {{ "  x " | trim }} {{replace "a" "b" "banana"}}', 'A x bbnbnb'],
    ['{{add 1 2 3}} {{sub 5 2}} {{mul 2 3}} {{div 7 2}} {{mod 7 2}}', '6 3 6 3 1'],
    ['{{add .id 1}} {{addf .temp 1}} {{round 2.555 2}} {{floor 2.7}} {{ceil 2.1}}', '2 21.5 2.56 2 3'],
    ['{{round -2.5 0}} {{max 1 5 3}} {{int "12"}} {{float64 "1.5"}}', '-3 5 12 1.5'],
    ['{{json .o}} {{toJson .o.y}}', '{"x":1,"y":[1,2,3]} [1,2,3]'],
    ['{{(fromJson "{\\"k\\":[1,2]}").k}}', '[1 2]'],
    ['{{b64enc "hi"}} {{b64dec "aGk="}} {{base64 .o}}', 'aGk= hi eyJ4IjoxLCJ5IjpbMSwyLDNdfQ=='],
    ['{{sha256sum "a"}}', 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb'],
    ['{{default "x" .nope}} {{default "x" .dev}} {{ternary "a" "b" .on}} {{coalesce .nope "c"}}', 'x a a c'],
    [
      '{{list 1 2 | join ","}} {{(dict "a" 1).a}} {{get (dict "a" 1) "a"}} {{splitList "," "a,b"}} {{(split "," "a,b")._1}}',
      '1,2 1 1 [a b] b',
    ],
    ['{{now | date "2006-01-02 15:04:05"}} {{dateInZone "15:04 MST" now "Asia/Shanghai"}}', '2026-11-23 12:30:05 20:30 CST'],
    ['{{now | unixEpoch}} {{prop "site"}} {{prop "unknown"}}', '1795437005 plant-7 unknown'],
    ['{{html "<a>"}} {{urlquery "a b&c"}} {{js "it\'s"}}', "&lt;a&gt; a+b%26c it\\'s"],
    ['{{`raw "text"`}} {{"\\u00e9\\n"}}{{\'a\'}}', 'raw "text" é\n97'],
    ['{{slice "abcd" 1 3}} {{print 1 2 "x" 3}} {{println "a" 1}}', 'bc 1 2x3 a 1\n'],
    ['{{.whole}} {{add .whole 1}} {{gt .whole 5}}', '7 8 true'],
    ['{{if eq .dev "a"}}{{if .on}}in{{end}}{{end}}', 'in'],
  ];
  it.each(table)('%s', (source, expected) => {
    expect(render(source, row)).toBe(expected);
  });

  const refused: [source: string, part: string][] = [
    ['{{', 'unclosed action'],
    ['{{.a', 'unclosed action'],
    ['{{if .a}}x', '{{end}} is missing'],
    ['{{end}}', 'unexpected {{end}}'],
    ['{{nope .a}}', 'function "nope" not defined'],
    ['{{$x}}', 'undefined variable "$x"'],
    ['\n\n{{"x}}', 'line 3: unterminated quoted string'],
    ['{{break}}', 'outside {{range}}'],
    ['{{1 2}}', 'can not give argument'],
    ['{{.a | 1}}', 'only a function may follow |'],
    ['{{upper}}', 'wrong number of args for upper'],
    ['{{}}', 'missing value for command'],
  ];
  it.each(refused)('refuses %s', (source, part) => {
    expect(() => render(source, row)).toThrow(part);
  });

  const failing: [source: string, part: string][] = [
    ['{{.n.x}}', 'nil pointer evaluating interface {}.x'],
    ['{{.dev.x}}', "can't evaluate field x in type string"],
    ['{{index .o.y 9}}', 'error calling index: index out of range: 9'],
    ['{{gt .id 5}}', 'error calling gt: incompatible types for comparison'],
    ['{{div 1 0}}', 'integer divide by zero'],
    ['{{template "no"}}', 'template "no" not defined'],
    ['{{define "r"}}{{template "r" .}}{{end}}{{template "r" .}}', 'without end'],
    ['{{upper .o}}', 'error calling upper: expected string'],
    ['{{env "PATH"}}', 'env is not available'],
  ];
  it.each(failing)('fails on %s', (source, part) => {
    expect(() => render(source, row)).toThrow(part);
  });

  it('compiles dynamic properties, nested too', () => {
    const dynamic = engine.compileDynamic({ a: ['{{index . 0 "dev"}}', 1], b: 'fixed' })!;
    expect(dynamic([{ dev: 'd1' }])).toEqual({ a: ['d1', 1], b: 'fixed' });
    expect(engine.compileDynamic({ a: 'x' })).toBeUndefined();
  });

  it('never gives another error than a template error, and does not hang', () => {
    const piece = fc.constantFrom(
      '{{',
      '}}',
      '{{-',
      '-}}',
      'if ',
      'range ',
      'end',
      'else',
      '.a',
      '$x',
      ':=',
      '|',
      '(',
      ')',
      '"s"',
      '1',
      'index ',
      'len ',
      'x',
      ' ',
      'define "t"',
      'template "t"',
      '.',
      'eq ',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 25 }), (parts) => {
        try {
          render(parts.join(''), { a: [1, { b: 'x' }] });
        } catch (error) {
          if (!isGatewayError(error)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });
});
