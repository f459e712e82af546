// Every function of templates with hostile values, and templates that loop: they answer, refuse or use up their budget.
import { describe, expect, it } from 'vitest';
import { Budget, defaultBudgetLimits, isBudgetError, within } from '../../../src/base/budget.ts';
import { isGatewayError, messageOf } from '../../../src/base/errors/gateway-error.ts';
import { encodeJson } from '../../../src/codecs/json/encode.ts';
import type { Value } from '../../../src/data/value.ts';
import { createTemplateEngine, templateFunctionNames } from '../../../src/templates/index.ts';
import { hostileValues } from './hostile-values.ts';

const engine = createTemplateEngine({ now: () => 1_700_000_000_000, timeZone: 'UTC', property: () => undefined, toJson: encodeJson });
const budget = new Budget('rule bad, sink mqtt_0', { ...defaultBudgetLimits, maxTimeMs: 60_000 });
const small = hostileValues(2_000);
const large = hostileValues(4_000);
/** One of each kind. */
const keys = Object.keys(small).filter(
  (key) =>
    !/^pattern of (classes|groups|LIKE|dates)|^bytes, (zlib|flate|zstd)|quotes|blanks|dots|months|brackets|infinite|e308|e-324|ints|nulls|equal (texts|objects)|of arrays|one key/.test(
      key,
    ),
);

function render(source: string, data: Value): { kind: 'value' | 'refused' | 'budget' | 'broken'; text: string; steps: number } {
  const template = engine.compile(source);
  let kind: 'value' | 'refused' | 'budget' | 'broken' = 'value';
  let text = '';
  try {
    within(budget, 1, () => (text = template(data)));
  } catch (error) {
    text = messageOf(error);
    kind = isBudgetError(error) ? 'budget' : isGatewayError(error) ? 'refused' : 'broken';
  }
  return { kind, text, steps: budget.steps };
}

/** Where a function takes more than one argument, what stands beside the hostile one. */
const sides = ['(list .a 1)', '1000000', '"%[1]v%[1]v%[1]x%[1]q%1000000d"'];
const fixedSize = /^number|^boolean|^no value|^datetime|levels$|^pattern|odd names|deeper|nested deep|^bytes, /;

describe('every function of templates with hostile values', () => {
  // @covers issue:13#2
  it.each(templateFunctionNames().filter((name) => !['env', 'fail', 'uuidv4', 'now'].includes(name)))('%s', (name) => {
    const problems: string[] = [];
    for (const shape of shapesOf(name))
      for (const key of keys) {
        const one = render(shape, { a: small[key] });
        if (one.kind === 'broken') problems.push(`${shape} of ${key}: ${one.text.slice(0, 200)}`);
        // indented JSON of nested values is larger than its input as such
        if (one.kind !== 'value' || fixedSize.test(key) || name === 'toPrettyJson') continue;
        const two = render(shape, { a: large[key] });
        if (two.kind === 'value' && two.steps > one.steps * 2.6 + 3000)
          problems.push(`${shape} of ${key}: steps grow from ${one.steps} to ${two.steps}`);
      }
    expect(problems).toEqual([]);
  });

  it('names its function and its sink when it is too much', () => {
    const { kind, text } = render('{{ range $x := .a }}{{ range $.a }}{{ $y := repeat 100000 "abcdefgh" }}{{ end }}{{ end }}', {
      a: small['array of numbers'],
    });
    expect(kind).toBe('budget');
    expect(text).toMatch(/^rule bad, sink mqtt_0, function repeat: .*basic\.rowBudget/);
  });
});

/** Those that the number of arguments allows. */
function shapesOf(name: string): string[] {
  const tried = ['{{ F .a }}', ...sides.flatMap((s) => [`{{ F ${s} .a }}`, `{{ F .a ${s} }}`, `{{ F 2 ${s} .a }}`])];
  return tried
    .map((t) => t.replace('F', name))
    .filter((t) => {
      try {
        engine.compile(t);
        return true;
      } catch {
        return false; // a wrong number of arguments
      }
    });
}

describe('templates that loop', () => {
  const elements: Value = Array.from({ length: 60 }, (_, i) => i);
  // @covers finding:security#D1
  it.each([
    ['four nested ranges', `${'{{range $.a}}'.repeat(4)}x${'{{end}}'.repeat(4)}`],
    ['a list that grows by itself', '{{$l := list 1}}{{range until 100000}}{{$l = append $l .}}{{end}}{{len $l}}'],
    ['a text that doubles', '{{$s := "abcdefgh"}}{{range until 60}}{{$s = printf "%s%s" $s $s}}{{end}}{{len $s}}'],
    ['until in until', '{{range until 100000}}{{range until 100000}}{{end}}{{end}}'],
    [
      'templates that call each other',
      '{{define "t"}}{{template "u" .}}{{template "u" .}}{{end}}{{define "u"}}{{template "t" .}}{{template "t" .}}{{end}}{{template "t" .}}',
    ],
    ['wide numbers', '{{range until 100000}}{{printf "%10000d" 1}}{{end}}'],
    ['a split in a loop', '{{range until 100000}}{{len (splitList "," $.b)}}{{end}}'],
  ])('%s', (_name, source) => {
    const { kind, text } = render(source, { a: elements, b: ','.repeat(10_000) });
    expect(text).toMatch(/basic\.rowBudget|templates call each other without end|longer than/);
    expect(kind).not.toBe('value');
    expect(kind).not.toBe('broken');
  });

  it('an ordinary template over a thousand rows is no matter', () => {
    const rows: Value = Array.from({ length: 1000 }, (_, i) => ({ id: `sensor-${i}`, t: i / 7, tags: ['a', 'b'] }));
    const out = render(
      '[{{range $i, $r := .}}{{if $i}},{{end}}{"id":"{{$r.id}}","t":{{printf "%.2f" $r.t}},"tags":{{json $r.tags}}}{{end}}]',
      rows,
    );
    expect(out.kind).toBe('value');
    expect((JSON.parse(out.text) as unknown[]).length).toBe(1000);
    expect(out.steps).toBeLessThan(defaultBudgetLimits.maxSteps / 10);
  });
});
