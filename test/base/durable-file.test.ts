// Small files that survive: the helper itself, and that nothing in src writes state in any other way.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path, { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isLeftOver, removeLeftOvers, writeDurably, writeDurablyAsync } from '../../src/base/durable-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kuiper-durable-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a durable write', () => {
  // @covers issue:16#2
  it.each([
    ['writeDurably', async (f: string, t: string | Uint8Array) => writeDurably(f, t)],
    ['writeDurablyAsync', (f: string, t: string | Uint8Array) => writeDurablyAsync(f, t)],
  ])('%s replaces a file as a whole, with rights for the group only, and leaves nothing beside it', async (_name, write) => {
    const file = join(folder, 'a');
    await write(file, 'one');
    await write(file, Buffer.from('twoü'));
    expect(readFileSync(file, 'utf8')).toBe('twoü');
    expect(readdirSync(folder)).toEqual(['a']);
    expect(statSync(file).mode & 0o007).toBe(0);
  });

  it('that fails leaves the old content, and no temporary file', async () => {
    const file = join(folder, 'a');
    mkdirSync(file);
    writeFileSync(join(file, 'x'), '1');
    expect(() => writeDurably(file, 'two')).toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
    await expect(writeDurablyAsync(file, 'two')).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
    expect(readdirSync(folder)).toEqual(['a']);
    expect(readFileSync(join(file, 'x'), 'utf8')).toBe('1');
  });
});

describe('left-over files', () => {
  // @covers issue:13#6
  // @covers finding:security#D6
  it('are known by names that nothing else has, and removed', () => {
    for (const name of ['a.part', 'b.77.tmp', 'c.proto.tmp', 'crash-guard.json.tmp', 'notes.tmp', 'a', 'part', 'x.parts'])
      writeFileSync(join(folder, name), '');
    mkdirSync(join(folder, 'sub'));
    writeFileSync(join(folder, 'sub', 'd.part'), '');
    expect(
      removeLeftOvers(folder, false)
        .map((f) => path.basename(f))
        .sort(),
    ).toEqual(['a.part', 'b.77.tmp', 'c.proto.tmp', 'crash-guard.json.tmp']);
    expect(existsSync(join(folder, 'sub', 'd.part'))).toBe(true);
    expect(removeLeftOvers(folder, true).map((f) => path.basename(f))).toEqual(['d.part']);
    expect(readdirSync(folder).sort()).toEqual(['a', 'notes.tmp', 'part', 'sub', 'x.parts']);
    expect(removeLeftOvers(join(folder, 'missing'), true)).toEqual([]);
    expect(isLeftOver('report.tmp')).toBe(false);
  });
});

/** Who writes files by other means, and why that is right. */
const OTHER_WRITERS: Readonly<Record<string, string>> = {
  'src/connectors/archive/journal.ts': 'rows of a user, appended and synced; what is torn at the end is left out when it is read',
  'src/extensions/portable/left-over.ts': 'the id of a process, worth nothing after a power cut',
  'src/extensions/portable/portable-plugins.ts': 'renames a whole folder whose files were written by the helper',
  'src/fleet/http.ts': 'downloads, resumed where they stopped, used only when their SHA-256 is right',
  'src/fleet/pull/agent.ts': 'copies of files of a local folder, checked by their SHA-256 before use',
  'src/service/audit/trail.ts': 'a log that only grows, one synced line a change',
  'src/service/metrics-dump.ts': 'appends samples to an hourly file; what a power cut takes is one sample',
  'src/service/transfer/read-ekuiper-store.ts': 'copies a database of eKuiper to a temporary folder to read it there',
  'src/base/durable-file.ts': 'the helper',
  'src/base/files/open-below.ts': 'opens files of the user for sinks, below a folder',
  'src/base/log-file.ts': 'logs of rules are appended and rotated',
  'src/connectors/file/source.ts': 'moves files of the user that were read',
  'src/connectors/file/sink.ts': 'results of the user',
  'src/daemon/root-lock.ts': 'a lock: it must be made by O_EXCL, and is worth nothing after a power cut',
  'src/ingress/journal.ts': 'an append-only file with a checksum per record, synced before a sensor is answered',
  'src/ingress/main.ts': 'figures for status, in memory (/run)',
  'src/plugin-host/worker/installer.ts': 'a process that imports nothing of the gateway and may write plugins only; it has the same steps',
  'src/plugin-host/worker/write-durably.ts': 'the same helper for a thread that can import nothing; compared below',
  'src/runtime/suspect/record-file.ts': 'memory that outlives the process, on tmpfs',
  'src/runtime/suspect/ledger-file.ts': 'the copy in memory, when the disk takes nothing',
  'src/service/plugins/kind-of-archive.ts': 'a scratch folder',
  'src/service/plugins/run-install-script.ts': 'a scratch folder',
  'src/system/main.ts': 'status of updates, in memory (/run)',
  'src/system/boot/medium.ts':
    'two copies that GRUB writes in place as well: their place on the disk must stay; each is synced before the other',
  'src/system/update/bundle-upload.ts': 'half of a bundle: each part is appended and synced, and it is checked when it is whole',
  'src/system/update/download.ts': 'half of a bundle: it is appended to, and checked when it is whole',
  'src/system/update/fill-slot.ts': 'writes pieces of a partition that differ, each synced; the slot counts only when it is checked',
  'src/system/update/server.ts': 'a bundle under way: checked when it is whole',
  'src/store/journal.ts': 'an append-only file with a checksum per line, synced',
  'src/store/open-database.ts': 'makes empty database files with their rights, renames damaged ones',
  'src/store/reserve.ts': 'zeros that keep space',
};
const WRITERS =
  /\b(writeFile|writeFileSync|appendFile|appendFileSync|createWriteStream|rename|renameSync|copyFile|copyFileSync|cp|cpSync|openSync|open|writeSync|truncate|truncateSync|ftruncateSync)\b/;

describe('the sources', () => {
  // @covers issue:16#2
  it('write state by the helper only: whoever takes another function of node:fs is named above with the reason', () => {
    const found: string[] = [];
    for (const entry of readdirSync('src', { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !entry.name.endsWith('.ts')) continue;
      const file = path.join(entry.parentPath, entry.name);
      // what runs at the user's side, and what is not shipped for the device
      if (/^src\/(cli|simulators|plugin-kit|daemon\/demo)\b/.test(file)) continue;
      const text = readFileSync(file, 'utf8');
      const imports = [...text.matchAll(/import (?:type )?(\{[^}]*\}|\* as \w+|\w+)[^;]*from '(?:node:)?fs(?:\/promises)?'/g)].map(
        (m) => m[1]!,
      );
      const whole = imports.some((i) => !i.startsWith('{'));
      const builtin = /getBuiltinModule\('(node:)?fs/.test(text);
      if (whole || builtin || imports.some((i) => WRITERS.test(i))) found.push(file);
    }
    const readOnlyUse = (file: string) =>
      !/\b(writeFile|appendFile|createWriteStream|rename|copyFile|cp|truncate)\w*\(|writeSync\((?!1, )|open(Sync)?\([^)]*'[wa]x?\+?'/.test(
        readFileSync(file, 'utf8'),
      );
    expect(found.filter((f) => !(f in OTHER_WRITERS) && !readOnlyUse(f))).toEqual([]);
    expect(Object.keys(OTHER_WRITERS).filter((f) => !existsSync(f))).toEqual([]);
  });

  it('hold the same helper twice: the thread of the watchdog has all steps too', () => {
    const text = readFileSync('src/plugin-host/worker/write-durably.ts', 'utf8');
    const steps = ['openSync(temp', 'writeSync(fd', 'fsyncSync(fd)', 'renameSync(temp, file)', 'fsyncSync(folder)'];
    const places = steps.map((s) => text.indexOf(s));
    expect(places.every((p) => p >= 0)).toBe(true);
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });
});
