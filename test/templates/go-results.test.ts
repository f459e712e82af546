// Templates with the results that Go's text/template (1.26, with sprig 3.3) gave for them: written by hand and at random. go-results.json.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { encodeJson } from '../../src/codecs/json/encode.ts';
import type { Value } from '../../src/data/value.ts';
import { createTemplateEngine } from '../../src/templates/index.ts';

const file = JSON.parse(readFileSync('test/templates/go-results.json', 'utf8')) as { data: unknown; results: [string, string][] };

/** `{"$i":"7"}` stands for an int64. */
function revive(v: unknown): Value {
  if (Array.isArray(v)) return v.map(revive);
  if (typeof v !== 'object' || v === null) return v as Value;
  const o = v as Record<string, unknown>;
  return typeof o['$i'] === 'string' ? BigInt(o['$i']) : Object.fromEntries(Object.entries(o).map(([k, e]) => [k, revive(e)]));
}

const engine = createTemplateEngine({ now: () => 0, timeZone: 'UTC', property: () => undefined, toJson: encodeJson });

describe('templates give what Go gives', () => {
  it(`for ${file.results.length} templates`, () => {
    const different = file.results.filter(([source, expected]) => engine.compile(source)(revive(file.data)) !== expected);
    expect(file.results.length).toBeGreaterThan(400);
    expect(different).toEqual([]);
  });

  it('and never change the message', () => {
    const row = { o: { a: 1 } };
    expect(engine.compile('{{set .o "b" 2}} {{unset .o "a"}} {{$d := dict "x" 1}}{{$_ := set $d "y" 2}}{{$d}} {{.o}}')(row)).toBe(
      'map[a:1 b:2] map[] map[x:1 y:2] map[a:1]',
    );
    expect(row).toEqual({ o: { a: 1 } });
  });
});
