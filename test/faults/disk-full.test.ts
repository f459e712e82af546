// The data folder is a small tmpfs that is filled up: nothing crashes, nothing is confirmed that is not safe, health tells, and all is well
// again soon after there is space.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { countWindowProgram, filterProgram, type Harness, harness } from '../runtime/harness.ts';

const canMount = process.getuid?.() === 0 && tryMount();

function tryMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'kuiper-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder]);
    return true;
  } catch {
    return false; // a container without the right: the suite says that it left these out
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (!canMount) console.warn('\n*** mounting a tmpfs needs root: the tests of a full disk are left out ***\n');

let h: Harness;
let folder: string;
const fill = () => {
  for (let i = 0, size = 1 << 20; size >= 1024; size >>= 1)
    try {
      for (;;) writeFileSync(join(folder, `filler-${i++}`), Buffer.alloc(size));
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC');
    }
};
const free = () => execFileSync('sh', ['-c', `rm -f ${folder}/filler-*`]);

describe.runIf(canMount)('a full disk', () => {
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kuiper-full-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder]);
    h = harness({ dataDir: folder });
  });
  afterEach(async () => {
    free();
    await h.close();
    execFileSync('umount', ['-l', folder]);
    rmSync(folder, { recursive: true, force: true });
  });

  it('keeps results of a dead sink unconfirmed, says so, and stores them when there is space', async () => {
    h.sink.behaviour = 'away';
    const rule = h.runtime.createRule(h.define('r', filterProgram('a')));
    await rule.start();
    const confirmed: number[] = [];
    const publish = (n: number) => h.sources[0]!.emit(Buffer.from(JSON.stringify({ a: n })), undefined, () => void confirmed.push(n));
    publish(1);
    await h.settle(() => confirmed.length === 1, 1500);
    fill();
    for (let n = 2; n <= 3000; n++) publish(n);
    await h.settle(() => rule.status()['sink_fake_0_0_last_exception']!.toString().includes('SQLITE_FULL'), 500);
    const stored = confirmed.length;
    expect(stored).toBeLessThan(3000);
    expect(rule.health().ok).toBe(false);
    expect(rule.health().sinks[0]!.lastError).toContain('SQLITE_FULL');
    expect(rule.state).toBe('running');
    free();
    await h.settle(() => confirmed.length === 3000, 10_000);
    h.sink.behaviour = 'ok';
    await h.settle(() => h.sink.rows().length >= 3000, 10_000);
    expect(new Set(h.sink.rows().map((r) => r['a'])).size).toBe(3000);
  });

  it('holds messages in state until the checkpoint can be stored', async () => {
    const rule = h.runtime.createRule(h.define('r', countWindowProgram('a', 1_000_000)));
    await rule.start();
    const confirmed: number[] = [];
    const publish = (n: number) => h.sources[0]!.emit(Buffer.from(JSON.stringify({ a: n })), undefined, () => void confirmed.push(n));
    publish(1);
    await h.settle(() => confirmed.length === 1, 16_000);
    fill();
    for (let n = 2; n <= 5000; n++) publish(n);
    await h.settle(() => rule.health().checkpoint.failures > 0, 16_000);
    expect(confirmed).toHaveLength(1);
    expect(rule.health().problems.join()).toContain('State cannot be stored');
    free();
    await h.settle(() => confirmed.length === 5000, 16_000);
    expect(rule.health().ok).toBe(true);
  });
});
