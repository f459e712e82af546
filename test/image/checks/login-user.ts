// The person's user over real ssh and scp: plugins and runtime files, service control and log; nothing else.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectThat, type Report } from '../report.ts';
import { until, type Vm } from '../vm.ts';
import { RULE, roundTrip } from './rule-runs.ts';

export async function loginUser(report: Report, vm: Vm, dir: string): Promise<void> {
  const file = join(dir, 'countWords.ts');
  /** A plugin as a person would write it: one class, types included. */
  const write = (factor: number) =>
    writeFileSync(
      file,
      `export class CountWords {\n  exec(args: readonly unknown[]): number {\n    return String(args[0]).split(' ').length * ${factor};\n  }\n}\n`,
    );
  write(1);

  await report.check('scp puts a plugin into plugins/functions, readable for the gateway', async () => {
    const { code, out } = await vm.scp(file, '/opt/kuiper/plugins/functions/');
    expectThat(code === 0, out);
    const seen = await vm.root('setpriv --reuid kuiper-gw --regid kuiper-gw --init-groups cat /opt/kuiper/plugins/functions/countWords.ts');
    expectThat(seen.code === 0 && seen.out.includes('CountWords'), seen.out);
    return undefined;
  });
  await report.check('the plugin is live: a rule calls it, and a copied next version takes over without a restart', async () => {
    const pid = (await vm.root('systemctl show -P MainPID kuiper')).out;
    const rule = {
      ...RULE,
      id: 'words',
      sql: 'SELECT countWords("one two three") AS n FROM sensors WHERE temperature > 30',
      actions: [{ mqtt: { ...RULE.actions[0]!.mqtt, topic: 'words' } }],
    };
    const made = await vm.ssh(`kuiper create rule words '${JSON.stringify(rule)}'`);
    expectThat(made.code === 0, made.out);
    const first = await vm.root(roundTrip(40, 60, 'words'), 120_000);
    expectThat(first.out.trim() === '{"n":3}', first.out);
    write(100);
    expectThat((await vm.scp(file, '/opt/kuiper/plugins/functions/')).code === 0, 'the copy of the next version failed');
    const tookMs = await until(
      async () => (await vm.root(roundTrip(40, 20, 'words'), 120_000)).out.trim() === '{"n":300}',
      60_000,
      'the next version did not take over',
    );
    expectThat((await vm.root('systemctl show -P MainPID kuiper')).out === pid, 'the gateway was started again');
    expectThat((await vm.ssh('kuiper drop rule words')).code === 0, 'the rule could not be dropped');
    return `seen after ${(tookMs / 1000).toFixed(1)} s, a message's way included`;
  });
  await report.check('a second scp replaces it, and the gateway may replace and remove it too', async () => {
    expectThat((await vm.scp(file, '/opt/kuiper/plugins/functions/')).code === 0, 'the second copy failed');
    const asGateway = 'setpriv --reuid kuiper-gw --regid kuiper-gw --init-groups sh -c';
    const { code, out } = await vm.root(
      `cd /opt/kuiper/plugins/functions && ${asGateway} 'umask 0007; cat countWords.ts >t && mv t other.ts && mv countWords.ts x && mv x countWords.ts'`,
    );
    expectThat(code === 0, out);
    const { code: again, out: why } = await vm.scp(file, '/opt/kuiper/plugins/functions/other.ts');
    expectThat(again === 0, `a file of the gateway cannot be replaced by scp: ${why}`);
    expectThat((await vm.ssh('rm /opt/kuiper/plugins/functions/other.ts')).code === 0, 'nor removed');
    return undefined;
  });
  await report.check('scp puts runtime files into etc/functions/x/', async () => {
    const made = await vm.ssh('mkdir -p /opt/kuiper/etc/functions/x');
    expectThat(made.code === 0, made.out);
    const { code, out } = await vm.scp(file, '/opt/kuiper/etc/functions/x/');
    expectThat(code === 0, out);
    return undefined;
  });
  await report.check('scp elsewhere is refused', async () => {
    for (const place of [
      '/opt/kuiper/etc/',
      '/opt/kuiper/data/',
      '/opt/kuiper/lib/src/',
      '/etc/',
      '/var/lib/kuiper-device/',
      '/usr/bin/',
      '/opt/kuiper/',
    ]) {
      const { code, out } = await vm.scp(file, place);
      expectThat(code !== 0, `${place} took the file: ${out}`);
    }
    const shipped = await vm.ssh('echo x >>/opt/kuiper/etc/kuiper.yaml; rm -f /opt/kuiper/etc/mqtt_source.yaml; ls /opt/kuiper/etc');
    expectThat(shipped.out.includes('Permission denied') && shipped.out.includes('mqtt_source.yaml'), shipped.out);
    return undefined;
  });
  await report.check('systemctl restart, reload and status work without root', async () => {
    const before = (await vm.root('systemctl show -P MainPID kuiper')).out.trim();
    const reload = await vm.ssh('systemctl reload kuiper');
    expectThat(reload.code === 0, `reload: ${reload.out}`);
    expectThat((await vm.root('systemctl show -P MainPID kuiper')).out.trim() === before, 'reload changed the process');
    const restart = await vm.ssh('systemctl restart kuiper');
    expectThat(restart.code === 0, `restart: ${restart.out}`);
    const after = (await vm.root('systemctl show -P MainPID kuiper')).out.trim();
    expectThat(after !== before && after !== '0', `pid ${before} -> ${after}`);
    const stop = await vm.ssh(
      'systemctl stop kuiper && systemctl start kuiper && systemctl is-active kuiper && systemctl status kuiper --no-pager | head -n 12',
    );
    expectThat(stop.code === 0 && stop.out.startsWith('active'), stop.out);
    return undefined;
  });
  await report.check('no other service can be touched, and there is no way to root', async () => {
    const { out } = await vm.ssh(
      'systemctl --no-ask-password stop kuiper-mqtt 2>&1; echo rc $?; systemctl --no-ask-password set-property kuiper MemoryMax=1G 2>&1; echo rc $?; id; command -v sudo',
    );
    expectThat(
      [...out.matchAll(/rc (\d+)/g)].every((m) => m[1] !== '0'),
      out,
    );
    expectThat(!out.includes('/sudo'), out);
    expectThat((await vm.root('systemctl is-active kuiper-mqtt')).out.trim() === 'active', 'the MQTT listener was stopped');
    return undefined;
  });
  await report.check('journalctl -u kuiper shows the log', async () => {
    const { code, out } = await vm.ssh('journalctl -u kuiper --no-pager -n 50 -o cat');
    expectThat(code === 0 && out.includes('restful api'), out);
    return undefined;
  });
}
