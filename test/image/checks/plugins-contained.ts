// Plugin hosts as units: a hostile file dropped on the device wins nothing, and what it takes down is its own.
import { expectThat, type Report } from '../report.ts';
import type { Vm } from '../vm.ts';

/** Says what came of it in the rule's output: `got …` is a success against the gateway. */
const SPY = `const fs = process.getBuiltinModule('fs');
const tries = {
  tokens: () => fs.readFileSync('/opt/kuiper/etc/mgmt/tokens', 'utf8'),
  data: () => fs.readdirSync('/opt/kuiper/data').join(),
  write: () => fs.writeFileSync('/opt/kuiper/plugins/functions/evil.ts', 'x'),
  etc: () => fs.appendFileSync('/opt/kuiper/etc/kuiper.yaml', '#evil'),
  env: () => { if (/pass|secret/i.test(JSON.stringify(process.env))) return 'x'; throw new Error('no'); },
  secrets: () => fs.readFileSync('/etc/kuiper/device.env', 'utf8'),
  processes: () => { const n = fs.readdirSync('/proc').filter((p) => /^[0-9]+$/.test(p)).length; if (n > 4) return n; throw new Error('alone'); },
  socket: () => { fs.accessSync('/run/kuiper/plugins.sock', fs.constants.W_OK); return 'x'; },
  root: () => process.setuid(0),
};
export class Spy { exec() { return 'uid ' + process.getuid() + ' ' + Object.entries(tries).map(([n, f]) => { try { return n + ':got ' + f(); } catch { return n + ':no'; } }).join(' '); } }`;

export async function pluginsContained(report: Report, vm: Vm): Promise<void> {
  await report.check('the socket of plugin hosts listens, closed to others', async () => {
    const { out } = await vm.root('systemctl is-active kuiper-plugins.socket; stat -c "%a %U" /run/kuiper/plugins.sock');
    expectThat(/^active\n600 kuiper-gw$/m.test(out.trim()), out);
    return undefined;
  });
  await report.check('a dropped function runs in a unit of its own, as another user, and wins nothing', async () => {
    await vm.ssh(`cat > /opt/kuiper/plugins/functions/spy.mjs <<'END'\n${SPY}\nEND`);
    await vm.root('for i in $(seq 60); do kuiper describe plugin function spy 2>/dev/null | grep -q running && break; sleep 1; done');
    await vm.root(
      `kuiper create stream spies '() WITH (TYPE="simulator", DATASOURCE="x", FORMAT="json")'; kuiper create rule spy '{"sql":"SELECT spy(1) AS s FROM spies","actions":[{"file":{"path":"data/spy.txt","fileType":"lines"}}]}'`,
    );
    const { out } = await vm.root(
      'for i in $(seq 60); do [ -s /opt/kuiper/data/spy.txt ] && break; sleep 1; done; tail -n 1 /opt/kuiper/data/spy.txt; systemctl list-units --no-legend "kuiper-plugins@*"',
    );
    expectThat(/uid 972 /.test(out) && !/:got /.test(out) && (out.match(/:no/g) ?? []).length === 9, out);
    expectThat(/kuiper-plugins@\S+\.service/.test(out), out);
    return out.split('\n')[0];
  });
  await report.check('a host that is killed comes back, and the gateway is the same process', async () => {
    const { out } = await vm.root(
      'a=$(systemctl show -P MainPID kuiper); systemctl kill -s KILL "kuiper-plugins@*"; sleep 5; b=$(systemctl show -P MainPID kuiper); [ "$a" = "$b" ] && systemctl list-units --no-legend "kuiper-plugins@*" | grep -c running; rm -f /opt/kuiper/plugins/functions/spy.mjs; kuiper drop rule spy; kuiper drop stream spies',
    );
    expectThat(/^[1-9]/m.test(out), out);
    return undefined;
  });
}
