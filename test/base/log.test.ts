// The log: faults of different subjects do not hold each other back, and each logged code says what to do.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { catalogue } from '../../src/base/errors/catalogue/index.ts';
import { createLog, type LogFields } from '../../src/base/log.ts';

function logAt(start = 0) {
  const time = { nowMs: start };
  const lines: LogFields[] = [];
  const log = createLog({ level: 'debug', now: () => time.nowMs, write: (line) => void lines.push(JSON.parse(line) as LogFields) });
  return { log, lines, time };
}

describe('the log', () => {
  // @covers issue:14#8 finding:house#D2
  it('writes one line for each of three dead units, two lost brokers and two late parts', () => {
    const { log, lines } = logAt();
    for (const unit of [1, 2, 3]) log.warn({ code: 'MODBUS_UNIT', bus: 'tcp://10.0.0.2:502', unit }, 'Unit does not answer; set aside.');
    for (const server of ['tcp://a:1883', 'tcp://b:1883']) log.warn({ code: 'MQTT_LOST', server }, 'Broker lost.');
    for (const part of ['runtime', 'REST port']) log.warn({ code: 'STOP_LATE', part }, 'A part did not stop in time; going on.');
    expect(lines.map((l) => l['unit'] ?? l['server'] ?? l['part'])).toEqual([
      1,
      2,
      3,
      'tcp://a:1883',
      'tcp://b:1883',
      'runtime',
      'REST port',
    ]);
  });

  it('holds repetitions of one subject back for 10 s, whatever their cause, and says how many', () => {
    const { log, lines, time } = logAt();
    const lose = (cause: string) => log.warn({ code: 'MQTT_LOST', server: 'tcp://a:1883', cause }, 'Broker lost.');
    lose('refused');
    lose('reset');
    time.nowMs = 9999;
    lose('reset');
    expect(lines).toHaveLength(1);
    time.nowMs = 10_000;
    lose('refused');
    expect(lines.map((l) => [l.cause, l['suppressed']])).toEqual([
      ['refused', undefined],
      ['refused', 2],
    ]);
  });

  it('tells the same code of two rules apart, and lines of level info and below are never held back', () => {
    const { log, lines } = logAt();
    for (const rule of ['a', 'b', 'a']) log.child({ rule }).error({ code: 'STORE_FAILED' }, 'State could not be stored.');
    for (let i = 0; i < 3; i++) log.info({ server: 'tcp://a:1883' }, 'Broker is back.');
    expect(lines.map((l) => l.rule ?? 'info')).toEqual(['a', 'b', 'info', 'info', 'info']);
  });
});

// @covers finding:house#D9
it('every code that is logged is in the catalogue of errors, with what to do', () => {
  const logged = new Map<string, string>();
  for (const e of readdirSync('src', { recursive: true, withFileTypes: true })) {
    if (!e.isFile() || !e.name.endsWith('.ts')) continue;
    const file = path.join(e.parentPath, e.name);
    const calls = readFileSync(file, 'utf8').matchAll(/\.(?:warn|error|fatal|info|debug)\(\s*\{[^}]*?code: '([A-Z][A-Z_0-9]+)'/gs);
    for (const [, code] of calls) logged.set(code!, file);
  }
  expect(logged.size).toBeGreaterThan(40);
  const known = catalogue as Readonly<Record<string, { cure: string }>>;
  expect([...logged].filter(([code]) => !known[code]).map(([code, file]) => `${code} in ${file}`)).toEqual([]);
  expect([...logged.keys()].filter((code) => known[code]!.cure.length < 20)).toEqual([]);
});
