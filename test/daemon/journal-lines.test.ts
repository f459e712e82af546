import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fstatSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, test } from 'vitest';
import { isJournal, journalWriter } from '../../src/daemon/journal-lines.ts';
import { openJournalSocket } from '../../src/daemon/journal-socket.ts';

/** What goes to standard output when the journal's socket takes nothing. */
function journalLine(json: string): string {
  let printed = '';
  journalWriter({ send: () => false }, (text) => {
    printed += text;
  })(json);
  expect(printed.endsWith('\n')).toBe(true);
  return printed.slice(0, -1);
}

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

const PEER = `
import base64, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print('ready', flush=True)
while True:
    print(base64.b64encode(s.recv(1 << 20)).decode(), flush=True)
`;

/** Fields of one entry, as journald reads them. */
function fieldsOf(entry: Buffer): Record<string, string> {
  const fields: Record<string, string> = {};
  for (let at = 0; at < entry.length; ) {
    const end = entry.indexOf('\n', at);
    const head = entry.toString('utf8', at, end);
    const equals = head.indexOf('=');
    if (equals > 0) {
      fields[head.slice(0, equals)] = head.slice(equals + 1);
      at = end + 1;
    } else {
      const size = Number(entry.readBigUInt64LE(end + 1));
      fields[head] = entry.toString('utf8', end + 9, end + 9 + size);
      at = end + 9 + size + 1;
    }
  }
  return fields;
}

// @covers issue:18#4
describe('the socket of the journal', () => {
  test('gets the line with its fields as fields of their own, whatever they hold', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kuiper-journal-'));
    const path = join(folder, 'socket');
    const peer = spawn('python3', ['-c', PEER, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface({ input: peer.stdout })[Symbol.asyncIterator]();
    try {
      expect((await lines.next()).value).toBe('ready');
      const printed: string[] = [];
      const write = journalWriter(openJournalSocket(path), (text) => printed.push(text));
      const stack = 'Error: x\n    at f (a.ts:1:2)';
      write(
        JSON.stringify({
          time: 't',
          level: 'warn',
          msg: 'Broker lost.',
          code: 'MQTT_LOST',
          cause: 'away',
          rule: 'press 1',
          retryInMs: 1500,
          stack,
        }),
      );
      expect(fieldsOf(Buffer.from((await lines.next()).value ?? '', 'base64'))).toEqual({
        MESSAGE: 'Broker lost. away [MQTT_LOST] rule="press 1" retryInMs=1500 stack="Error: x | at f (a.ts:1:2)"',
        PRIORITY: '4',
        SYSLOG_IDENTIFIER: 'kuiper',
        KUIPER_CODE: 'MQTT_LOST',
        KUIPER_CAUSE: 'away',
        KUIPER_RULE: 'press 1',
        KUIPER_RETRY_IN_MS: '1500',
        KUIPER_STACK: stack,
      });
      expect(printed).toEqual([]);
    } finally {
      peer.kill('SIGKILL');
      await once(peer, 'exit');
      rmSync(folder, { recursive: true });
    }
  });

  test('that nobody listens at, or that refuses an entry, loses no line', () => {
    const printed: string[] = [];
    const write = journalWriter(openJournalSocket('/nowhere/socket'), (text) => printed.push(text));
    write(JSON.stringify({ level: 'info', msg: 'Serving.', url: 'http://127.0.0.1' }));
    expect(printed).toEqual(['<6>Serving. url=http://127.0.0.1\n']);
  });

  test('has no path that is longer than the system allows', () => {
    expect(openJournalSocket(`/${'x'.repeat(200)}`)).toBeUndefined();
  });
});
