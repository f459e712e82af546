// Faults of the process itself: a frozen loop, kills from outside, a crash at every start.
import { expectThat, type Report } from '../report.ts';
import { until, type Vm } from '../vm.ts';
import { roundTrip } from './rule-runs.ts';

/** The healthy period is 3 s here (KUIPER_HEALTHY_AFTER_MS). */
const HEALTHY_MARKER = `grep -q '"healthy":true' /opt/kuiper/data/crash-guard.json`;

export async function crashProtection(report: Report, vm: Vm): Promise<void> {
  const mainPid = async () => (await vm.root('systemctl show -P MainPID kuiper')).out.trim();
  const isHealthy = async () => (await vm.root(HEALTHY_MARKER)).code === 0;

  await report.check('a frozen event loop is restarted by the watchdog within 30 s', async () => {
    await until(isHealthy, 60_000, 'the run did not become healthy');
    const pid = await mainPid();
    await vm.root(`kill -USR2 ${pid}`);
    const tookMs = await until(
      async () => {
        const now = await mainPid();
        return now !== pid && now !== '0';
      },
      60_000,
      'no new process',
    );
    const log = await vm.root('journalctl -u kuiper -o cat | grep -i watchdog | tail -n 1');
    expectThat(log.out.includes('atchdog'), `the log does not name the watchdog: ${log.out}`);
    expectThat(tookMs <= 30_000, `took ${tookMs} ms`);
    return `new process after ${(tookMs / 1000).toFixed(1)} s`;
  });

  await report.check('five kill -9, each after the healthy period: data flows within 5 s, no safe mode', async () => {
    const times: string[] = [];
    for (let i = 0; i < 5; i++) {
      await until(isHealthy, 60_000, 'the run did not become healthy');
      const { out } = await vm.root(
        `kill -9 $(systemctl show -P MainPID kuiper); start=$(date +%s%N); ${roundTrip(100 + i, 30)}; echo; echo took $((($(date +%s%N) - start) / 1000000))`,
        90_000,
      );
      expectThat(out.includes(`"temperature":${100 + i}`), out);
      times.push(/took (\d+)/.exec(out)![1]!);
    }
    expectThat((await vm.root('journalctl -b -u kuiper -o cat | grep -c SAFE_MODE')).out.trim() === '0', 'safe mode was entered');
    expectThat(
      times.every((ms) => Number(ms) <= 5000),
      `data flowed after ${times.join(', ')} ms`,
    );
    return `${times.join(', ')} ms`;
  });

  await report.check('a crash at every start leads to safe mode, and REST says why', async () => {
    // The process dies as soon as it is there, until it refuses to start rules.
    for (let i = 0; i < 6; i++) {
      const pid = await mainPid();
      await until(
        async () => (await vm.root(`journalctl -b -u kuiper _PID=${pid} -o cat | grep -q 'restful api'`)).code === 0,
        60_000,
        `start ${i} did not get to READY`,
      );
      if ((await vm.root('journalctl -b -u kuiper -o cat | grep -q SAFE_MODE')).code === 0) break;
      await vm.root(`kill -9 ${pid}`);
      await until(async () => !['0', pid].includes(await mainPid()), 30_000, 'no restart');
    }
    const { out } = await vm.root(
      `/opt/kuiper/lib/bin/node -e 'const g = async (p) => { const r = await fetch("http://127.0.0.1:9081" + p); console.log(p, r.status, await r.text()); }; await g("/"); await g("/rules");' --input-type=module; systemctl show -P StatusText kuiper`,
    );
    expectThat(/safe mode/i.test(out), out);
    const log = await vm.root('journalctl -b -u kuiper -o cat | grep SAFE_MODE | tail -n 1');
    expectThat(log.out.includes('no rules'), log.out);
    const text = await vm.ssh('kuiper getstatus rule hot');
    expectThat(!/"status": "running"/.test(text.out), `the rule runs in safe mode: ${text.out}`);
    return out
      .split('\n')
      .find((line) => /safe mode/i.test(line))
      ?.slice(0, 200);
  });

  await report.check('a restart by the person ends safe mode', async () => {
    expectThat((await vm.ssh('systemctl restart kuiper')).code === 0, 'restart failed');
    const { out } = await vm.root(roundTrip(50, 60), 120_000);
    expectThat(out.includes('"temperature":50'), out);
    return undefined;
  });
}
