// systemd's side is a recording transport, or a fake `systemd-notify` binary in PATH; the real one runs in the image's test.
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createVirtualClock } from '../../src/base/clock.ts';
import { createMemoryLog } from '../../src/base/log.ts';
import { createNotifier, type NotifyTransport } from '../../src/daemon/notify.ts';

const socket = { NOTIFY_SOCKET: '/run/systemd/notify' };

function recorder(fail = false) {
  const sent: string[] = [];
  const transport: NotifyTransport = {
    async notify(options) {
      sent.push(options.ready ? 'READY=1' : `STATUS=${options.status}`);
      if (fail) throw new Error('no such socket');
    },
    async send(assignments) {
      sent.push(assignments[0]!);
      if (fail) throw new Error('no such socket');
    },
  };
  return { sent, transport };
}

function make(env: Record<string, string>, fail = false, pid = 42) {
  const clock = createVirtualClock();
  const { log, lines } = createMemoryLog();
  const { sent, transport } = recorder(fail);
  return { clock, lines, sent, notifier: createNotifier({ env, log, clock, transport, pid }) };
}

describe('notifier', () => {
  test('does nothing without NOTIFY_SOCKET', async () => {
    const { notifier, sent, clock } = make({ WATCHDOG_USEC: '15000000' });
    await notifier.ready();
    await notifier.status('up');
    notifier.startWatchdog();
    await clock.advance(60_000);
    await notifier.stop();
    expect(notifier.active).toBe(false);
    expect(sent).toEqual([]);
  });

  test('sends in order, and the same status once', async () => {
    const { notifier, sent } = make(socket);
    void notifier.reloading();
    void notifier.status('2 rules\nrunning');
    void notifier.status('2 rules running');
    void notifier.ready();
    await notifier.stopping();
    expect(sent).toEqual(['RELOADING=1', 'STATUS=2 rules running', 'READY=1', 'STOPPING=1']);
  });

  test('beats three times in one watchdog period', async () => {
    const { notifier, sent, clock } = make({ ...socket, WATCHDOG_USEC: '15000000' });
    notifier.startWatchdog();
    notifier.startWatchdog();
    await clock.advance(15_000);
    expect(sent).toEqual(['WATCHDOG=1', 'WATCHDOG=1', 'WATCHDOG=1']);
    await notifier.stop();
    await clock.advance(60_000);
    expect(sent).toHaveLength(3);
  });

  test('does not beat for another process or without a period', async () => {
    for (const env of [{ ...socket, WATCHDOG_USEC: '15000000', WATCHDOG_PID: '43' }, { ...socket }, { ...socket, WATCHDOG_USEC: 'x' }]) {
      const { notifier, sent, clock } = make(env);
      notifier.startWatchdog();
      await clock.advance(60_000);
      expect(sent).toEqual([]);
      expect(clock.pending).toBe(0);
    }
  });

  test('beats for its own process', async () => {
    const { notifier, sent, clock } = make({ ...socket, WATCHDOG_USEC: '3000000', WATCHDOG_PID: '42' });
    notifier.startWatchdog();
    await clock.advance(1_000);
    expect(sent).toEqual(['WATCHDOG=1']);
    await notifier.stop();
  });

  test('timers that run while the loop makes no whole turn do not beat', async () => {
    const { sent, transport } = recorder();
    const fires: (() => void)[] = [];
    const clock = {
      ...createVirtualClock(),
      setTimer: (_ms: number, fire: () => void) => ({ timer: fires.push(fire) }),
      clear: () => undefined,
    };
    const notifier = createNotifier({ env: { ...socket, WATCHDOG_USEC: '3000000' }, log: createMemoryLog().log, clock, transport, pid: 1 });
    notifier.startWatchdog();
    fires[0]!();
    await Promise.resolve();
    expect(sent).toEqual([]); // the timer ran, the turn of the loop is not over
    await new Promise((resolve) => setImmediate(resolve));
    expect(sent).toEqual(['WATCHDOG=1']);
    await notifier.stop();
  });

  test('a beat that hangs is not joined by others', async () => {
    const clock = createVirtualClock();
    let sends = 0;
    const transport: NotifyTransport = {
      notify: async () => undefined,
      send: () => {
        sends++;
        return new Promise(() => undefined);
      },
    };
    const notifier = createNotifier({ env: { ...socket, WATCHDOG_USEC: '3000000' }, log: createMemoryLog().log, clock, transport, pid: 1 });
    notifier.startWatchdog();
    await clock.advance(10_000);
    expect(sends).toBe(1);
    await notifier.stop();
  });

  test('fails softly with one log line', async () => {
    const { notifier, lines, clock } = make({ ...socket, WATCHDOG_USEC: '3000000' }, true);
    await notifier.ready();
    notifier.startWatchdog();
    await clock.advance(30_000);
    await notifier.stopping();
    await notifier.stop();
    expect(lines.filter((line) => line['code'] === 'SYSTEMD_NOTIFY')).toHaveLength(1);
  });
});

describe('the real transport', () => {
  const saved = process.env['PATH'];
  afterEach(() => {
    vi.unstubAllEnvs();
    process.env['PATH'] = saved;
  });

  test('calls the binary with what systemd-notify(1) documents', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'notify-'));
    const out = join(dir, 'calls');
    await writeFile(join(dir, 'systemd-notify'), `#!/bin/sh\necho "$@" >> ${out}\n`);
    await chmod(join(dir, 'systemd-notify'), 0o755);
    vi.stubEnv('PATH', `${dir}:${saved}`);
    vi.stubEnv('NOTIFY_SOCKET', '/nowhere');
    const { log, lines } = createMemoryLog();
    const notifier = createNotifier({ env: process.env, log, clock: createVirtualClock() });
    await notifier.ready();
    await notifier.status('3 rules');
    await notifier.stopping();
    await notifier.stop();
    expect((await readFile(out, 'utf8')).trim().split('\n')).toEqual([
      `--ready --pid=${process.pid}`,
      `--pid=${process.pid} --status=3 rules`,
      'STOPPING=1',
    ]);
    expect(lines).toEqual([]);
    await rm(dir, { recursive: true });
  });

  test('a missing binary is one log line', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'notify-'));
    vi.stubEnv('PATH', dir);
    vi.stubEnv('NOTIFY_SOCKET', '/nowhere');
    const { log, lines } = createMemoryLog();
    const notifier = createNotifier({ env: process.env, log, clock: createVirtualClock() });
    await notifier.ready();
    await notifier.stopping();
    expect(lines).toHaveLength(1);
    expect(String(lines[0]!['reason'])).toContain('ENOENT');
    await rm(dir, { recursive: true });
  });
});
