import { fstatSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { isJournal, journalLine } from '../../src/daemon/journal-lines.ts';

// @covers issue:18#4
describe('lines of the journal', () => {
  test('read as a sentence after the priority, with cause, code and fields', () => {
    const line = journalLine(
      JSON.stringify({
        time: 't',
        level: 'warn',
        msg: 'Broker lost.',
        code: 'MQTT_LOST',
        cause: 'nothing listens there',
        server: 'tcp://b:1883',
        retryInMs: 1500,
        text: 'a b',
      }),
    );
    expect(line).toBe('<4>Broker lost. nothing listens there [MQTT_LOST] server=tcp://b:1883 retryInMs=1500 text="a b"');
  });

  test('stay one line, also with the lines of a stack', () => {
    expect(journalLine(JSON.stringify({ level: 'error', msg: 'Failed.', stack: 'Error: x\n    at f (a.ts:1:2)' }))).toBe(
      '<3>Failed. stack="Error: x | at f (a.ts:1:2)"',
    );
  });

  test.each([
    ['trace', 7],
    ['debug', 7],
    ['info', 6],
    ['warn', 4],
    ['error', 3],
    ['fatal', 2],
  ])('level %s has priority %i', (level, priority) => {
    expect(journalLine(JSON.stringify({ level, msg: 'x' }))).toBe(`<${priority}>x`);
  });

  test('are written only when stdout is the stream that systemd names', () => {
    const { dev, ino } = fstatSync(1);
    expect(isJournal({ JOURNAL_STREAM: `${dev}:${ino}` })).toBe(true);
    expect(isJournal({ JOURNAL_STREAM: `${dev}:${ino + 1}` })).toBe(false);
    expect(isJournal({})).toBe(false);
    expect(isJournal({ JOURNAL_STREAM: '1:2' }, 9999)).toBe(false);
  });
});
