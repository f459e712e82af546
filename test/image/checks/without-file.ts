// A device without gateway.yaml: comes up on DHCP, says on the console how to go on, makes secrets of its own.
import { expectThat, type Report } from '../report.ts';
import { prepareDisk, startVm, until } from '../vm.ts';

export async function withoutFile(report: Report, image: string, dir: string): Promise<void> {
  await report.check('without gateway.yaml: DHCP, a name of its own, a random password, a hint on the console', async () => {
    prepareDisk({ image, dir });
    const vm = await startVm({ image, dir });
    try {
      await vm.root('true', 1_200_000);
      const state = await vm.root('systemctl is-system-running --wait', 1_200_000);
      expectThat(state.out.trim() === 'running', state.out);
      const { out } = await vm.root(
        'hostname; cat /var/lib/kuiper-device/mqtt-password; networkctl --no-legend; ip -4 -o addr show scope global; resolvectl mdns',
      );
      expectThat(/^kuiper-[0-9a-f]{4}\nk-[0-9a-f]{24}\n/.test(out), out);
      expectThat(out.includes('10.0.2.15'), out);
      expectThat(/Link \d+ \(\w+\): yes/.test(out), `mDNS is off: ${out}`);
      // getty starts last
      await until(() => vm.console().includes('gateway.yaml'), 60_000, 'no hint on the console');
      const ssh = await vm.ssh('true');
      expectThat(ssh.code !== 0, 'a key that nobody gave was accepted');
      return `${Math.round(vm.uptimeMs() / 1000)} s`;
    } finally {
      await vm.kill();
    }
  });
}
