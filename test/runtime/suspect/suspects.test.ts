// One process after the other over the same files: a death is a Suspects that is left without end().
import { mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createVirtualClock, type VirtualClock } from '../../../src/base/clock.ts';
import { createMemoryLog } from '../../../src/base/log.ts';
import { Tuple } from '../../../src/data/tuple.ts';
import { MessageAck } from '../../../src/runtime/delivery/ack.ts';
import type { Subscriber } from '../../../src/runtime/ports.ts';
import { APART_MS } from '../../../src/runtime/suspect/apart-line.ts';
import { previewOf } from '../../../src/runtime/suspect/identify.ts';
import { createSuspects, type LetterBox, type Suspects } from '../../../src/runtime/suspect/index.ts';
import type { NewLetter } from '../../../src/runtime/suspect/letters.ts';
import { memoryFolder, openRecord, readRecord } from '../../../src/runtime/suspect/record-file.ts';
import { QUIET_MS } from '../../../src/runtime/suspect/suspects.ts';

let memory = '';
let disk = '';
let clock: VirtualClock;
beforeEach(() => {
  memory = mkdtempSync('/dev/shm/suspects-');
  disk = mkdtempSync(join(tmpdir(), 'suspects-'));
  clock = createVirtualClock();
});
afterEach(() => {
  for (const folder of [memory, disk]) rmSync(folder, { recursive: true, force: true });
});

class Death extends Error {}

/** Letters that are kept when the test says so. */
function letterBox() {
  const put: { letter: NewLetter; kept: () => void; tried: () => void }[] = [];
  const box = {
    put: (letter: NewLetter, kept: () => void, tried = () => undefined as void) => void put.push({ letter, kept, tried }),
    close: () => undefined,
  };
  return { put, box: box as unknown as LetterBox };
}

/** A process with one source and rules that die of what the test says. */
function boot(o: { unclean?: boolean; counted?: boolean; folders?: string[] } = {}) {
  const log = createMemoryLog();
  const suspects: Suspects = createSuspects({ dataDir: disk, folders: o.folders ?? [memory], clock, log: log.log });
  const letters = letterBox();
  const found = o.unclean ? suspects.died(o.counted ?? true) : undefined;
  suspects.begin(o.unclean === true);
  suspects.attach(letters.box);
  const evaluated: string[] = [];
  const errors: string[] = [];
  const confirmed: string[] = [];
  let aside = 0;
  const poison = new Map<string, string>();
  const rule = (id: string): Subscriber => {
    const inner: Subscriber = {
      ruleId: id,
      index: [],
      eventTime: false,
      push(t) {
        evaluated.push(`${id}:${t.cols[0]}`);
        if (poison.get(id) === t.cols[0]) throw new Death();
      },
      end: () => undefined,
      sourceError: (error) => void errors.push(`${id}: ${(error as Error).message}`),
    };
    return suspects.engaged ? suspects.input(inner, (error) => void errors.push(`${id} crashes: ${(error as Error).message}`)) : inner;
  };
  let rules: Subscriber[] = [];
  const receive = suspects.around({
    place: 'mqtt demo',
    receive(data, meta, confirm) {
      const text = Buffer.from(data as Uint8Array).toString();
      const ack = confirm && new MessageAck(confirm);
      for (const r of rules) r.push(new Tuple([text], 0, meta, ack));
      ack?.release();
    },
    setAside: () => void aside++,
  });
  return {
    suspects,
    log,
    found,
    letters: letters.put,
    evaluated,
    errors,
    confirmed,
    get aside() {
      return aside;
    },
    rules(...ids: string[]) {
      rules = ids.map(rule);
    },
    poison,
    /** @returns true when the process died of it. The record stays as the dead process left it. */
    give(text: string, topic = 't'): boolean {
      const keep = freeze();
      try {
        void receive(Buffer.from(text), { topic, messageId: 9 }, () => void confirmed.push(text));
        return false;
      } catch (error) {
        if (!(error instanceof Death)) throw error;
        keep();
        return true;
      }
    },
  };
}

/** A process that dies does not run its `finally`: what they wrote is taken back. */
function freeze(): () => void {
  return () => {
    const file = recordFile();
    const text = Buffer.from(readRecordBytes(file));
    for (const at of [0, 4096]) if (text.readUInt16BE(at + 1) > 0) text[at] = 1;
    writeFileSync(file, text);
  };
}
const recordFile = () => join(memory, readdirSync(memory).find((f) => f.endsWith('.record'))!);
const readRecordBytes = (file: string) => process.getBuiltinModule('node:fs').readFileSync(file);

describe('the suspect record', () => {
  it('costs nothing after a clean end: nothing is watched, no file is made', () => {
    const p = boot();
    expect(p.suspects.engaged).toBe(false);
    expect(readdirSync(memory)).toEqual([]);
    expect(readdirSync(disk)).toEqual([]);
  });

  it('names the message and the rule that were under way at a death', () => {
    const first = boot({ unclean: true });
    expect(first.found).toBeUndefined();
    first.rules('good', 'bad');
    first.poison.set('bad', 'X');
    expect(first.give('fine')).toBe(false);
    // nothing is under way between messages
    expect(readRecord(recordFile())).toBeUndefined();
    expect(first.give('X')).toBe(true);
    const second = boot({ unclean: true });
    expect(second.found).toMatchObject({ rule: 'bad', message: { source: 'mqtt demo', topic: 't', bytes: 1, packet: 9, preview: 'X' } });
    expect(second.log.lines.find((l) => l['code'] === 'SUSPECT_FOUND')).toMatchObject({ rule: 'bad', topic: 't' });
  });

  it('tries a suspect alone, with what comes after it in order behind it, and lets it go when it passes', async () => {
    const first = boot({ unclean: true });
    first.rules('bad');
    first.poison.set('bad', 'X');
    first.give('X');
    const second = boot({ unclean: true });
    second.rules('bad');
    for (const text of ['1', 'X', '2', '3']) second.give(text);
    expect(second.evaluated).toEqual(['bad:1']);
    expect(second.confirmed).toEqual(['1']);
    await clock.advance(APART_MS - 1);
    expect(second.evaluated).toEqual(['bad:1']);
    await clock.advance(1);
    expect(second.evaluated).toEqual(['bad:1', 'bad:X', 'bad:2', 'bad:3']);
    second.give('X');
    expect(second.evaluated.at(-1)).toBe('bad:X');
    expect(boot().suspects.engaged).toBe(false);
  });

  it('after the second recorded death gives the message to the dead letters, confirms it when it is stored, then parks the rule; others get it', async () => {
    for (let i = 0; i < 2; i++) {
      const p = boot({ unclean: true });
      p.rules('bad', 'good');
      p.poison.set('bad', 'X');
      if (i === 0) expect(p.give('X')).toBe(true);
      else {
        // alone, by the timer: the death is taken down by hand
        const record = openRecord(recordFile());
        record.message(JSON.parse(JSON.stringify(p.found!.message)));
        record.rule(0, 'bad');
      }
    }
    const third = boot({ unclean: true });
    third.rules('bad', 'good');
    third.poison.set('bad', 'X');
    expect(third.give('X')).toBe(false);
    expect(third.evaluated).toEqual(['good:X']);
    expect(third.errors).toEqual([expect.stringContaining('bad: The message is not evaluated')]);
    expect(third.letters.map((l) => [l.letter.rule, l.letter.message.topic, String(l.letter.payload)])).toEqual([['bad', 't', 'X']]);
    expect(third.confirmed).toEqual([]);
    expect(third.suspects.parkedRule('bad')).toBeUndefined();
    // what comes behind it waits for the rule's end: it might be the next of its kind
    third.give('Y');
    expect(third.evaluated).toEqual(['good:X', 'good:Y']);
    expect(third.confirmed).toEqual([]);
    third.letters[0]!.kept();
    expect(third.confirmed).toEqual(['X']);
    expect(third.suspects.parkedRule('bad')).toBeUndefined();
    third.letters[0]!.tried();
    third.suspects.letGo('bad');
    expect(third.confirmed).toEqual(['X', 'Y']);
    expect(third.suspects.parkedRule('bad')).toMatchObject({ deaths: 2, message: { topic: 't' } });
    expect(third.suspects.setAsideCount('bad')).toBe(1);
    expect(third.errors[1]).toMatch(/^bad crashes: parked: the gateway ended 2 times/);
    // over restarts, until it is started; then the message is set aside without parking
    third.suspects.end();
    const fourth = boot();
    expect(fourth.suspects.parkedRule('bad')).toBeDefined();
    expect(fourth.suspects.engaged).toBe(true);
    fourth.suspects.release('bad');
    fourth.rules('bad');
    fourth.give('fine');
    fourth.give('X', 'another/topic');
    fourth.give('X');
    fourth.letters[0]!.kept();
    fourth.letters[0]!.tried();
    expect(fourth.evaluated).toEqual(['bad:fine', 'bad:X']);
    expect(fourth.suspects.parkedRule('bad')).toBeUndefined();
    expect(fourth.errors.length).toBe(1);
    fourth.suspects.forget('bad');
    fourth.give('X');
    expect(fourth.evaluated.at(-1)).toBe('bad:X');
    expect(boot().suspects.engaged).toBe(false);
  });

  it('a message that ends the gateway while it is decoded is set aside for all rules, and no rule is parked', () => {
    for (let i = 0; i < 2; i++) {
      boot({ unclean: true });
      const record = openRecord(recordFile());
      record.message({ source: 'mqtt demo', topic: 't', hash: hashOf('t', 'X'), bytes: 1, packet: 9, preview: 'X' });
    }
    const p = boot({ unclean: true });
    expect(p.found).toMatchObject({ rule: '' });
    p.rules('a', 'b');
    p.give('X');
    expect(p.evaluated).toEqual([]);
    expect(p.aside).toBe(1);
    expect(p.confirmed).toEqual([]);
    p.letters[0]!.kept();
    expect(p.confirmed).toEqual(['X']);
    expect(p.letters[0]!.letter.rule).toBe('');
    expect(p.suspects.parkedRule('a')).toBeUndefined();
  });

  it('takes the innermost rule of a chain, and a timer as the doing of its rule', () => {
    boot({ unclean: true });
    const record = openRecord(recordFile());
    record.message({ source: 's', topic: '', hash: 'h', bytes: 0, packet: 0, preview: '' });
    record.rule(0, 'outer');
    record.rule(1, 'inner');
    expect(readRecord(record.path)).toMatchObject({ rule: 'inner', message: { hash: 'h' } });
    record.ruleDone(1);
    expect(readRecord(record.path)).toMatchObject({ rule: 'outer' });
    record.ruleDone(0);
    expect(readRecord(record.path)).toMatchObject({ rule: '' });
    record.messageDone();
    expect(readRecord(record.path)).toBeUndefined();
    const p = boot({ unclean: true });
    let during: unknown;
    p.suspects.clockOf('w', clock).setTimer(5, () => {
      during = readRecord(recordFile());
    });
    return clock.advance(5).then(() => {
      expect(during).toEqual({ rule: 'w', message: undefined });
      expect(readRecord(recordFile())).toBeUndefined();
    });
  });

  it('ends after ten quiet minutes: the record is gone, suspicion forgotten', async () => {
    const first = boot({ unclean: true });
    first.rules('bad');
    first.poison.set('bad', 'X');
    first.give('X');
    const second = boot({ unclean: true });
    await clock.advance(QUIET_MS - 1);
    expect(second.suspects.engaged).toBe(true);
    expect(readdirSync(memory).length).toBe(1);
    await clock.advance(1);
    expect(second.suspects.engaged).toBe(false);
    expect(readdirSync(memory)).toEqual([]);
    expect(boot().suspects.engaged).toBe(false);
  });

  it('lies in memory only: a folder on a disk is not taken, and health says so', () => {
    expect(memoryFolder(['/proc', memory])).toBe(memory);
    expect(memoryFolder([join(memory, 'missing')])).toBeUndefined();
    const p = boot({ unclean: true, folders: ['/proc'] });
    expect(p.suspects.problem).toContain('no file system in memory');
    expect(p.log.lines.map((l) => l['code'])).toContain('SUSPECT_RECORD');
    expect(p.suspects.engaged).toBe(false);
  });

  it('is readable by its user only, and never follows a link', () => {
    boot({ unclean: true });
    expect(statSync(recordFile()).mode & 0o777).toBe(0o600);
    writeFileSync(join(disk, 'precious'), 'content');
    symlinkSync(join(disk, 'precious'), join(memory, 'link'));
    expect(() => openRecord(join(memory, 'link'))).toThrow();
    expect(statSync(join(disk, 'precious')).size).toBe(7);
    expect(readRecord(join(memory, 'link'))).toBeUndefined();
    writeFileSync(join(memory, 'short'), 'garbage');
    expect(readRecord(join(memory, 'short'))).toBeUndefined();
  });

  it('shows the first 80 characters of a payload without secrets and control characters', () => {
    expect(previewOf('{"user":"a","password":"hush","n":1}')).toBe('{"user":"a","password":"******","n":1}');
    expect(previewOf(Buffer.from('{"token":"abc'))).toBe('{"token":"******"');
    expect(previewOf('tcp://me:hush@host a\u001b[2Jb')).toBe('tcp://me:******@host a [2Jb');
    expect(previewOf('x'.repeat(500))).toBe('x'.repeat(80));
  });
});

const hashOf = (topic: string, payload: string) =>
  process.getBuiltinModule('node:crypto').createHash('sha256').update(topic).update('\0').update(payload).digest('hex').slice(0, 32);
