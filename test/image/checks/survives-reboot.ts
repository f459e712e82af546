// A reboot by the person's means: rules, plugins and device secrets are there again, nothing is made twice.
import { REBOOT_CHECK } from '../doc-runs.ts';
import { expectThat, type Report } from '../report.ts';
import { until, type Vm } from '../vm.ts';
import { roundTrip } from './rule-runs.ts';

export async function survivesReboot(report: Report, vm: Vm): Promise<void> {
  const identity =
    'cat /etc/machine-id /etc/ssh/ssh_host_ed25519_key.pub; sha256sum /var/lib/kuiper-device/tls.crt /var/lib/kuiper-device/ca.key /var/lib/kuiper-device/mqtt-password';
  const before = await vm.root(identity);
  const bootId = (await vm.root('cat /proc/sys/kernel/random/boot_id')).out;
  await report.check(REBOOT_CHECK, async () => {
    const asked = await vm.ssh('kuiper system reboot');
    const took = await until(
      async () => {
        const now = await vm.root('cat /proc/sys/kernel/random/boot_id', 20_000).catch(() => ({ out: bootId, code: 1 }));
        return now.code === 0 && now.out !== bootId;
      },
      1_200_000,
      `the guest did not come back: ${asked.out}`,
      2000,
    ).catch((error: Error) => {
      throw new Error(`${error.message}; console: ${vm.console().slice(-400)}`);
    });
    const state = await vm.root('systemctl is-system-running --wait; systemctl --failed --no-legend', 1_200_000);
    expectThat(state.out.trim() === 'running', state.out);
    return `agent back after ${Math.round(took / 1000)} s`;
  });
  await report.check('identity, rules and files survive the reboot', async () => {
    expectThat((await vm.root(identity)).out === before.out, 'machine-id, host key, certificate or password changed');
    const rules = await vm.ssh('kuiper show rules; ls /opt/kuiper/plugins/functions /opt/kuiper/etc/functions/x');
    expectThat(rules.code === 0 && rules.out.includes('hot') && rules.out.includes('provisioned'), rules.out);
    expectThat((rules.out.match(/countWords\.ts/g) ?? []).length >= 2, rules.out);
    const { out } = await vm.root(roundTrip(43, 60), 120_000);
    expectThat(out.includes('"temperature":43'), out);
    return undefined;
  });
}
