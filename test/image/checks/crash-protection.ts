// Faults of the process itself: a frozen loop, kills from outside, a crash at every start.
import { expectThat, type Report } from '../report.ts';
import { until, type Vm } from '../vm.ts';
import { roundTrip } from './rule-runs.ts';

/** Start of a bare Node on the machine that the limit in seconds is meant for (assumed: no board was at hand). Where an emulated CPU on
 *  a busy host is slower, the limit grows by the same factor, which is printed with the result: a slow host is not a fault of the image. */
const NODE_START_S = 0.5;

export async function crashProtection(report: Report, vm: Vm): Promise<void> {
  const mainPid = async () => (await vm.root('systemctl show -P MainPID kuiper')).out.trim();
  /** The process that runs now has answered and was healthy for its period (3 s here, KUIPER_HEALTHY_AFTER_MS). */
  const untilHealthy = () =>
    until(
      async () =>
        (
          await vm.root(
            `pid=$(systemctl show -P MainPID kuiper); journalctl -b _PID=$pid -o cat | grep -q 'restful api' && grep -q '"healthy":true' /opt/kuiper/data/crash-guard.json`,
          )
        ).code === 0,
      120_000,
      'the run did not become healthy',
    );

  await report.check('a frozen event loop is restarted by the watchdog within 30 s', async () => {
    await untilHealthy();
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
    const times: number[] = [];
    const bare = await vm.root(
      's=$(date +%s%N); /opt/kuiper/lib/bin/node -e 0; /opt/kuiper/lib/bin/node -e 0; echo $((($(date +%s%N) - s) / 2000000))',
    );
    const factor = Math.max(1, Number(bare.out) / 1000 / NODE_START_S);
    for (let i = 0; i < 5; i++) {
      await untilHealthy();
      const { out } = await vm.root(
        `kill -9 $(systemctl show -P MainPID kuiper); start=$(date +%s%N); ${roundTrip(100 + i, 90)}; echo; echo took $((($(date +%s%N) - start) / 1000000))`,
        150_000,
      );
      expectThat(out.includes(`"temperature":${100 + i}`), `${out}; times before: ${times.join(', ')} ms; factor ${factor.toFixed(1)}`);
      times.push(Number(/took (\d+)/.exec(out)![1]!));
    }
    expectThat((await vm.root('journalctl -b -u kuiper -o cat | grep -c SAFE_MODE')).out.trim() === '0', 'safe mode was entered');
    const result = `${times.join(', ')} ms; a bare Node starts in ${bare.out.trim()} ms here, factor ${factor.toFixed(1)}`;
    expectThat(
      times.every((ms) => ms <= 5000 * factor),
      result,
    );
    return result;
  });

  await report.check('a crash at every start leads to safe mode, and REST says why', async () => {
    // Each start is killed as soon as its marker is written, long before it is healthy. The first kill is of a healthy run.
    await untilHealthy();
    const killed = await vm.root(
      `m=/opt/kuiper/data/crash-guard.json; started() { grep -o '"startedAtMs":[0-9]*' $m; }
old=$(started); kill -9 $(systemctl show -P MainPID kuiper)
for i in 1 2 3; do
  until [ "$(started)" != "$old" ]; do sleep 0.1; done
  old=$(started); kill -9 $(systemctl show -P MainPID kuiper)
done; echo done`,
      200_000,
    );
    expectThat(killed.out.includes('done'), killed.out);
    await until(
      async () => (await vm.root(`journalctl -b _PID=$(systemctl show -P MainPID kuiper) -o cat | grep -q 'restful api'`)).code === 0,
      150_000,
      'the fourth start did not get to READY',
    );
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
