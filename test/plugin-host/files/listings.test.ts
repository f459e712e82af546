// Folders that are looked at all the time are read when they changed, and only then.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../../src/base/clock.ts';
import { createListings, type FolderStamp } from '../../../src/plugin-host/files/listings.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kuiper-listings-'));
  writeFileSync(join(folder, 'a'), '');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A file system whose times the test sets; `a` is on the disk already. */
function listings(stamp: FolderStamp | undefined) {
  const clock = createVirtualClock(1_000_000);
  const fs = { stamp };
  const l = createListings(clock, () => fs.stamp);
  return {
    clock,
    fs,
    names: () => l.entriesOf(folder),
    fresh: () => l.fresh(folder),
    add: (name: string) => writeFileSync(join(folder, name), ''),
  };
}

describe('the names in a folder', () => {
  it('are not read again while its time stays the same', () => {
    const s = listings({ text: '1', changedAtMs: 1_000_000 - 3000 });
    expect(s.names()).toEqual(['a']);
    s.add('b');
    expect(s.names()).toEqual(['a']);
    s.fs.stamp = { text: '2', changedAtMs: 1_000_000 - 3000 };
    expect(s.names()).toEqual(['a', 'b']);
  });

  it('are read each time while its time is so young that it may stay the same over a change', () => {
    const s = listings({ text: '1', changedAtMs: 1_000_000 - 2999 });
    expect(s.names()).toEqual(['a']);
    s.add('b');
    expect(s.names()).toEqual(['a', 'b']);
  });

  it('are read each time when its time lies in the future: a clock was set back', () => {
    const s = listings({ text: '1', changedAtMs: 1_000_000 + 60_000 });
    expect(s.names()).toEqual(['a']);
    s.add('b');
    expect(s.names()).toEqual(['a', 'b']);
  });

  it('are read again after ten seconds all the same: a file system may keep no such times', async () => {
    const s = listings({ text: '1', changedAtMs: 0 });
    expect(s.names()).toEqual(['a']);
    s.add('b');
    await s.clock.advance(9999);
    expect(s.names()).toEqual(['a']);
    await s.clock.advance(1);
    expect(s.names()).toEqual(['a', 'b']);
  });

  it('are read when somebody wants them as they are now', () => {
    const s = listings({ text: '1', changedAtMs: 0 });
    s.names();
    s.add('b');
    expect(s.fresh()).toEqual(['a', 'b']);
    expect(s.names()).toEqual(['a', 'b']);
  });

  it('are none when it goes, and those of the new one when it comes back', () => {
    const s = listings({ text: '1', changedAtMs: 0 });
    expect(s.names()).toEqual(['a']);
    rmSync(folder, { recursive: true });
    s.fs.stamp = undefined;
    expect(s.names()).toEqual([]);
    mkdirSync(folder);
    s.add('c');
    s.fs.stamp = { text: '1', changedAtMs: 0 };
    expect(s.names()).toEqual(['c']);
  });

  it('follow a real file system', () => {
    const l = createListings(createVirtualClock(Date.now() + 60_000));
    expect(l.entriesOf(folder)).toEqual(['a']);
    expect(l.entriesOf(folder)).toBe(l.entriesOf(folder));
  });
});
