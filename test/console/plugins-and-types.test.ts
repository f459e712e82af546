// What the console makes without the gateway's help: a zip of a plugin file, and a stream from messages.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createStatement, guessColumns, nameFor } from '../../src/console/logic/guess-types.ts';
import { base64Of, zipOf } from '../../src/console/logic/zip.ts';
import { readArchive } from '../../src/plugin-host/index.ts';
import { parseStreamStatement } from '../../src/service/streams/definition.ts';

describe('a zip made in the browser', () => {
  test('is read by the gateway to the byte, whatever is in it', () => {
    const file = fc.record({ name: fc.stringMatching(/^[a-zA-Z0-9@._-]{1,30}\.ts$/), content: fc.uint8Array({ maxLength: 3000 }) });
    fc.assert(
      fc.property(fc.uniqueArray(file, { minLength: 1, maxLength: 4, selector: (f) => f.name.toLowerCase() }), (files) => {
        const entries = readArchive(Buffer.from(zipOf(files)));
        expect(entries.map((e) => [e.path, Buffer.from(e.content).toString('hex')])).toEqual(
          files.map((f) => [f.name, Buffer.from(f.content).toString('hex')]),
        );
      }),
    );
  });

  test('becomes base64 for JSON, also when it is long', () => {
    const bytes = Uint8Array.from({ length: 20_000 }, (_, i) => i % 251);
    expect(Buffer.from(base64Of(bytes), 'base64').equals(Buffer.from(bytes))).toBe(true);
  });
});

describe('columns guessed from messages', () => {
  test.each([
    [['{"a":1}', '{"a":2}'], [{ name: 'a', type: 'BIGINT' }]],
    [['{"a":1}', '{"a":2.5}'], [{ name: 'a', type: 'FLOAT' }]],
    [['{"a":1}', '{"a":"x"}'], [{ name: 'a', type: 'STRING' }]],
    [['{"a":null}', '{"a":true}'], [{ name: 'a', type: 'BOOLEAN' }]],
    [['{"a":null}'], [{ name: 'a', type: 'STRING' }]],
    [['{"a":[1,2.5]}'], [{ name: 'a', type: 'ARRAY(FLOAT)' }]],
    [['{"a":[]}'], [{ name: 'a', type: 'ARRAY(STRING)' }]],
    [['{"p":{"x":1,"y z":"q"}}'], [{ name: 'p', type: 'STRUCT(x BIGINT, `y z` STRING)' }]],
    [
      ['{"a":1}', '[{"b":true}]', '{"a":'],
      [
        { name: 'a', type: 'BIGINT' },
        { name: 'b', type: 'BOOLEAN' },
      ],
    ],
    [['{"a":12345678901234567890}'], [{ name: 'a', type: 'FLOAT' }]],
  ])('%j has %j', (messages, columns) => {
    expect(guessColumns(messages)).toEqual(columns);
  });

  test('what is no object has none', () => {
    expect(guessColumns(['on', '17', '"x"', '[1]', ''])).toBeUndefined();
  });

  test('the statement made from any message is one that the gateway can read', async () => {
    const message = fc.dictionary(
      fc.string({ unit: 'grapheme', minLength: 1 }).filter((k) => /[^`\s]/.test(k) && !/[`\p{Cc}\u2028\u2029]/u.test(k)),
      fc.jsonValue({ maxDepth: 2 }),
    );
    await fc.assert(
      fc.asyncProperty(message, fc.string(), async (m, topic) => {
        const columns = guessColumns([JSON.stringify(m)]) ?? [];
        const inner = columns.filter((c) => !/[`\p{Cc}]/u.test(c.type.replace(/`[^`]*`/g, '')) && !c.type.includes('STRUCT'));
        const statement = createStatement({
          name: nameFor(topic),
          type: 'mqtt',
          datasource: topic,
          format: 'json',
          confKey: '',
          columns: inner,
        });
        expect((await parseStreamStatement(statement)).kind).toBe('create');
      }),
      { numRuns: 60 },
    );
  });

  test.each(['in', 'dD', 'select', 'on/'])('also when the topic %j is a word of SQL', async (topic) => {
    const statement = createStatement({ name: nameFor(topic), type: 'mqtt', datasource: topic, format: 'json', confKey: '', columns: [] });
    expect((await parseStreamStatement(statement)).kind).toBe('create');
  });

  test('names of streams come from topics', () => {
    expect(nameFor('plant/hall 1/press')).toBe('plant_hall_1_press');
    expect(nameFor('1/2')).toBe('s1_2');
    expect(nameFor('///')).toBe('stream1');
  });
});
