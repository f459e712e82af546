// When changes of plugin files are seen: at once where the system announces them, twice a second where it does not.
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../../src/base/clock.ts';
import { createMemoryLog } from '../../../src/base/log.ts';
import type { WatchFolder } from '../../../src/plugin-host/files/folder-events.ts';
import { createFolderWatch, type FolderWatch } from '../../../src/plugin-host/files/folder-watch.ts';

let root: string;
let plugins: string;
let stop: (() => Promise<void>) | undefined;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'folder-watch-'));
  plugins = join(root, 'plugins');
  for (const f of ['plugins/sources', 'plugins/sinks', 'plugins/functions', 'etc/functions']) mkdirSync(join(root, f), { recursive: true });
});
afterEach(async () => {
  await stop?.();
  stop = undefined;
  rmSync(root, { recursive: true });
});

async function started(options: { refuse?: string } = {}) {
  const clock = createVirtualClock();
  const log = createMemoryLog();
  const heard = new Map<string, () => void>();
  const views: string[][] = [];
  const watchFolder: WatchFolder = (folder, onEvent) => {
    if (basename(folder) === options.refuse) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
    heard.set(folder, onEvent);
    return { on: () => undefined as never, close: () => heard.delete(folder), unref: () => undefined as never };
  };
  const watch: FolderWatch = createFolderWatch(
    plugins,
    join(root, 'etc/functions'),
    clock,
    log.log,
    async (view) => void views.push(view.files.map((f) => f.name).sort()),
    undefined,
    watchFolder,
  );
  stop = () => watch.stop();
  await watch.start();
  // one more look soon after the folders were watched
  await clock.advance(1_000);
  return {
    clock,
    heard,
    views,
    lines: log.lines,
    put: (name: string, text = name) => writeFileSync(join(plugins, 'functions', `${name}.ts`), text),
    announce: (folder = 'functions') => heard.get(join(plugins, folder))!(),
    last: () => views.at(-1),
  };
}

describe('the watch over the folders of plugins', () => {
  it('uses a file that is announced 300 ms after its last change', async () => {
    const w = await started();
    w.put('a');
    w.announce();
    await w.clock.advance(359);
    expect(w.last()).toEqual([]);
    await w.clock.advance(61);
    expect(w.last()).toEqual(['a']);
  });

  it('sees a file within half a second and its quiet time, though events do not stop coming', async () => {
    const w = await started();
    w.put('a');
    for (let i = 0; i < 10; i++) {
      w.announce();
      await w.clock.advance(50);
    }
    expect(w.last()).toEqual(['a']);
  });

  // @covers issue:24#3
  it('looks every 5 s only while everything is announced, and twice a second after a change that was not', async () => {
    const w = await started();
    w.put('a');
    await w.clock.advance(4_000);
    expect(w.last()).toEqual([]);
    await w.clock.advance(1_500);
    expect(w.last()).toEqual(['a']);
    expect(w.lines.filter((l) => String(l['msg']).includes('not announced here'))).toHaveLength(1);
    w.put('b');
    await w.clock.advance(900);
    expect(w.last()).toEqual(['a', 'b']);
  });

  it('goes on relying on events that come a moment after the look that saw the change', async () => {
    const w = await started();
    w.put('a');
    await w.clock.advance(4_010);
    while (w.clock.pending > 0 && !w.views.at(-1)?.length) {
      w.announce();
      await w.clock.advance(60);
    }
    w.put('b');
    await w.clock.advance(3_000);
    expect(w.last()).toEqual(['a']);
    expect(w.lines.filter((l) => String(l['msg']).includes('not announced here'))).toEqual([]);
  });

  it('looks twice a second when a folder cannot be watched or is not there', async () => {
    const w = await started({ refuse: 'sinks' });
    w.put('a');
    await w.clock.advance(900);
    expect(w.last()).toEqual(['a']);
  });

  it('looks twice a second while there is a link, whose target changes without an event', async () => {
    const w = await started();
    writeFileSync(join(root, 'target.ts'), 'one');
    symlinkSync(join(root, 'target.ts'), join(plugins, 'functions/linked.ts'));
    w.announce();
    await w.clock.advance(500);
    expect(w.last()).toEqual(['linked']);
    const before = w.views.length;
    writeFileSync(join(root, 'target.ts'), 'two and more');
    await w.clock.advance(900);
    expect(w.views.length).toBe(before + 1);
  });

  it('watches a folder that was replaced, and sees what lay in it already', async () => {
    const w = await started();
    renameSync(join(plugins, 'functions'), join(root, 'old'));
    mkdirSync(join(plugins, 'functions'));
    w.put('a');
    w.announce('sinks');
    await w.clock.advance(500);
    expect(w.last()).toEqual(['a']);
    w.put('b');
    w.announce();
    await w.clock.advance(500);
    expect(w.last()).toEqual(['a', 'b']);
  });
});
