// A board's watchdog before the system: a start that hangs where systemd has not taken the watchdog over is reset, and the start is counted. The machine has a
// watchdog on its PCI bus (i6300esb); the program that hangs is put in the place of systemd by GRUB's extra arguments, which is a file of a person.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectThat, type Report } from '../report.ts';
import { prepareDisk, startVm, until } from '../vm.ts';

const AT = 'Kuiper Gateway, slot A';
const LIMIT_MS = 1_200_000;

export async function watchdog(report: Report, image: string, dir: string): Promise<void> {
  const options = { image, dir, watchdog: true };
  const disk = prepareDisk(options);
  const extra = (text: string) => {
    writeFileSync(join(dir, 'extra.cfg'), `set extra="${text}"\n`);
    execFileSync('mcopy', ['-o', '-i', `${disk}@@1M`, join(dir, 'extra.cfg'), '::grub/extra.cfg']);
  };
  // as PID 1: sleeps for ever. 40 s instead of the 300 of a device
  extra('init=/usr/bin/sleep infinity i6300esb.heartbeat=40');
  const vm = await startVm(options);
  const shown = (error: Error) => {
    throw new Error(`${error.message}; console: ${vm.console().slice(-400)}`);
  };
  try {
    await report.check('a start that hangs before systemd is reset by the watchdog', async () => {
      const starts = () => vm.console().split(AT).length - 1;
      await until(() => vm.console().includes('watchdog did not stop'), LIMIT_MS, 'the watchdog was not armed', 1000).catch(shown);
      // nothing has mounted the boot partition: what the next start does can be changed
      extra('');
      await until(() => starts() >= 2, LIMIT_MS, 'it was not reset', 1000).catch(shown);
      expectThat(!/panic/i.test(vm.console()), 'it was a panic, not the watchdog');
      return `reset ${Math.round(vm.uptimeMs() / 1000)} s after power on`;
    });
    await report.check('the start was counted, and systemd takes the watchdog over', async () => {
      await vm.root('true', LIMIT_MS).catch(shown);
      const { out } = await vm.root(
        'cat /proc/cmdline; ls /run/kuiper-boot/watchdog-armed; systemctl show -p WatchdogDevice -p RuntimeWatchdogUSec; cat /sys/class/watchdog/watchdog0/{identity,state,timeout}',
      );
      expectThat(/kuiper\.boot=good:\d+:xx /.test(out), out);
      expectThat(out.includes('/run/kuiper-boot/watchdog-armed') && out.includes('WatchdogDevice=/dev/watchdog0'), out);
      expectThat(/\nactive\n60\s*$/.test(out), out);
      return out.trim().split('\n').slice(-3).join(', ');
    });
  } finally {
    await vm.kill();
  }
}
