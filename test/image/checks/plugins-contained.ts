// Plugin hosts as units: hostile files dropped on the device win nothing, and what they take down is their own. The attacks are those of the suite that
// runs everywhere (test/plugins/hostile-suite.test.ts); here systemd's units hold them, not a stand-in.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ATTACKS, attackPlugin, PATCHES, TANTRUMS } from '../../plugins/helpers/hostile-plugins.ts';
import { expectThat, type Report } from '../report.ts';
import { until, type Vm } from '../vm.ts';

/** Says what came of it in the rule's output: `got …` is a success against the gateway. What only a device has. */
const SPY = `const fs = process.getBuiltinModule('fs');
const tries = {
  env: () => { if (/pass|secret/i.test(JSON.stringify(process.env))) return 'x'; throw new Error('no'); },
  secrets: () => fs.readFileSync('/etc/kuiper/device.env', 'utf8'),
  password: () => fs.readFileSync('/var/lib/kuiper-device/mqtt-password', 'utf8'),
  key: () => fs.readFileSync('/var/lib/kuiper-device/ca.key', 'utf8'),
  processes: () => { const n = fs.readdirSync('/proc').filter((p) => /^[0-9]+$/.test(p)).length; if (n > 4) return n; throw new Error('alone'); },
  socket: () => { fs.accessSync('/run/kuiper/plugins.sock', fs.constants.W_OK); return 'x'; },
  updates: () => { fs.accessSync('/run/kuiper-update/update.sock', fs.constants.W_OK); return 'x'; },
  boot: () => fs.readdirSync('/boot/firmware').join(),
  root: () => process.setuid(0),
};
export class Spy { exec() { return 'uid ' + process.getuid() + ' ' + Object.entries(tries).map(([n, f]) => { try { return n + ':got ' + f(); } catch { return n + ':no'; } }).join(' '); } }`;

/** What ends a host, or would take the device's memory, processor or processes: held by the unit's cgroup. */
const HELD_BY_THE_UNIT = ['loopInCall', 'timerLoop', 'exit', 'abort', 'killItself', 'buffers', 'hugeState', 'children'] as const;

export async function pluginsContained(report: Report, vm: Vm, dir: string): Promise<void> {
  const mainPid = async () => (await vm.root('systemctl show -P MainPID kuiper')).out.trim();
  const drop = async (kind: string, name: string, code: string) => {
    const file = join(dir, `${name}.mjs`);
    writeFileSync(file, code);
    const { code: exit, out } = await vm.scp(file, `/opt/kuiper/plugins/${kind}/`);
    expectThat(exit === 0, out);
    await until(async () => (await vm.root(`kuiper show plugins ${kind}`)).out.includes(name), 240_000, `${name} is not there`, 2000);
  };
  const rule = async (name: string, sql: string, action: string) => {
    const { out } = await vm.root(`kuiper create rule ${name} '${JSON.stringify({ sql, actions: ['@'] }).replace('"@"', action)}'`);
    expectThat(/was created/.test(out), out);
  };

  await report.check('the socket of plugin hosts listens, closed to others', async () => {
    const { out } = await vm.root('systemctl is-active kuiper-plugins.socket; stat -c "%a %U" /run/kuiper/plugins.sock');
    expectThat(/^active\n600 kuiper-gw$/m.test(out.trim()), out);
    return undefined;
  });
  await report.check('a dropped function runs in a unit of its own, as another user, and wins nothing', async () => {
    await vm.root(`kuiper create stream spies '() WITH (TYPE="simulator", DATASOURCE="x", FORMAT="json")'`);
    await drop('functions', 'spy', SPY);
    await rule('spy', 'SELECT spy(1) AS s FROM spies', '{"file":{"path":"data/spy.txt","fileType":"lines","interval":100}}');
    const { out } = await vm.root(
      'for i in $(seq 120); do [ -s /opt/kuiper/data/spy.txt ] && break; sleep 1; done; tail -n 1 /opt/kuiper/data/spy.txt; systemctl list-units --no-legend "kuiper-plugins@*"',
      400_000,
    );
    expectThat(/uid 972 /.test(out) && !/:got /.test(out) && (out.match(/:no/g) ?? []).length === 9, out);
    expectThat(/kuiper-plugins@\S+\.service/.test(out), out);
    return out.split('\n')[0];
  });
  for (const mode of ['contained', 'restricted'] as const)
    await report.check(
      `${Object.keys(ATTACKS).length} attacks of a ${mode} plugin on the gateway, its files, secrets and processes win nothing`,
      async () => {
        const pid = await mainPid();
        await drop('functions', 'attacks', attackPlugin({ gatewayPid: Number(pid), root: '/opt/kuiper' }));
        if (mode === 'restricted') {
          const { code, out } = await vm.ssh('kuiper plugin trust function attacks restricted');
          expectThat(code === 0, out);
        }
        const described = await vm.ssh('kuiper describe plugin function attacks');
        expectThat(described.out.includes(mode), described.out);
        const names = Object.keys(ATTACKS);
        await rule(
          'attack',
          `SELECT ${names.map((n) => `${n}(1) AS ${n}`).join(', ')} FROM spies`,
          '{"file":{"path":"data/attack.txt","fileType":"lines","interval":100}}',
        );
        const { out } = await vm.root(
          'for i in $(seq 180); do [ -s /opt/kuiper/data/attack.txt ] && break; sleep 1; done; head -n 1 /opt/kuiper/data/attack.txt; kuiper drop rule attack >/dev/null; rm -f /opt/kuiper/data/attack.txt',
          500_000,
        );
        const [row] = [JSON.parse(out)].flat() as Record<string, string>[];
        expectThat(Object.keys(row!).length === names.length, out);
        const won = Object.entries(row!).filter(([, result]) => !result.startsWith('no: '));
        expectThat(won.length === 0, JSON.stringify(won));
        expectThat((await mainPid()) === pid, 'the gateway was started again');
        const left = await vm.root(
          'ls /opt/kuiper/plugins/functions/evil.ts /opt/kuiper/etc/mgmt/evil /opt/kuiper/plugins2 2>/dev/null; grep -c evil /opt/kuiper/etc/kuiper.yaml',
        );
        expectThat(left.out.trim() === '0', left.out);
        return `0 of ${names.length}`;
      },
    );
  await report.check('what a plugin patches in its own process changes nothing in the checks of the gateway', async () => {
    await drop('functions', 'patches', attackPlugin({ gatewayPid: 1, root: '/opt/kuiper' }, PATCHES));
    await rule(
      'patch',
      `SELECT ${Object.keys(PATCHES)
        .map((n) => `${n}(1) AS ${n}`)
        .join(', ')} FROM spies`,
      '{"nop":{}}',
    );
    await vm.root('sleep 5; kuiper drop rule patch');
    const { out } = await vm.root(
      'p=$(cat /var/lib/kuiper-device/mqtt-password); mosquitto_pub -u kuiper -P wrong -t x -m y; echo rc $?; kuiper show rules | head -c 300',
    );
    expectThat(/rc [1-9]/.test(out) && out.includes('spy'), out);
    return undefined;
  });
  for (const name of HELD_BY_THE_UNIT)
    await report.check(`a plugin that does this harms nobody else: ${name}`, async () => {
      const pid = await mainPid();
      const [kind, code] = TANTRUMS[name]!;
      await drop(kind, name, code.replaceAll('Bad', name[0]!.toUpperCase() + name.slice(1)));
      if (kind === 'functions') await rule('bad', `SELECT ${name}(1) AS b FROM spies`, '{"nop":{}}');
      else {
        await vm.root(`kuiper create stream bads '() WITH (TYPE="${name}", DATASOURCE="x", FORMAT="json")'`);
        await rule('bad', 'SELECT * FROM bads', '{"nop":{}}');
      }
      const { out } = await vm.root(
        `a=$(stat -c %s /opt/kuiper/data/spy.txt); sleep 15; for i in $(seq 60); do b=$(stat -c %s /opt/kuiper/data/spy.txt); [ "$b" -gt "$a" ] && break; sleep 1; done; echo "$a $b"; kuiper drop rule bad; kuiper drop stream bads; rm -f /opt/kuiper/plugins/${kind}/${name}.mjs; systemctl show -P Result kuiper`,
        400_000,
      );
      const [before, after] = out.split('\n')[0]!.split(' ').map(Number);
      expectThat(after! > before!, `the rule beside it stood still: ${out}`);
      expectThat((await mainPid()) === pid, `the gateway was started again: ${out}`);
      return undefined;
    });
  await report.check('a host that is killed comes back, and the gateway is the same process', async () => {
    const { out } = await vm.root(
      'a=$(systemctl show -P MainPID kuiper); systemctl kill -s KILL "kuiper-plugins@*"; for i in $(seq 60); do sleep 1; systemctl list-units --no-legend "kuiper-plugins@*" | grep -q running && break; done; b=$(systemctl show -P MainPID kuiper); [ "$a" = "$b" ] && systemctl list-units --no-legend "kuiper-plugins@*" | grep -c running; rm -f /opt/kuiper/plugins/functions/{spy,attacks,patches}.mjs; kuiper drop rule spy; kuiper drop stream spies',
      300_000,
    );
    expectThat(/^[1-9]/m.test(out), out);
    return undefined;
  });
}
