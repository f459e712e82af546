// A board's watchdog before the system: a start that hangs where systemd has not taken the watchdog over is reset, and the start is counted. The machine has a
// watchdog on its PCI bus (i6300esb); the program that hangs is put in the place of systemd by GRUB's extra arguments, which is a file of a person.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectThat, type Report } from '../report.ts';
import { prepareDisk, startVm, until } from '../vm.ts';

const AT = 'Kuiper Gateway, slot A';

export async function watchdog(report: Report, image: string, dir: string): Promise<void> {
  await report.check('a start that hangs before systemd is reset by the watchdog, and counted', async () => {
    const disk = prepareDisk({ image, dir });
    const extra = join(dir, 'extra.cfg');
    // as PID 1: sleeps for ever. 40 s instead of the 300 of a device
    writeFileSync(extra, 'set extra="init=/usr/bin/sleep infinity i6300esb.heartbeat=40"\n');
    execFileSync('mcopy', ['-o', '-i', `${disk}@@1M`, extra, '::grub/extra.cfg']);
    const vm = await startVm({ image, dir });
    try {
      const starts = () => vm.console().split(AT).length - 1;
      await until(() => starts() >= 2, 900_000, 'it was not reset', 1000).catch((error: Error) => {
        throw new Error(`${error.message}; console: ${vm.console().slice(-400)}`);
      });
      expectThat(!/panic/i.test(vm.console()), 'it was a panic, not the watchdog');
      return `reset ${Math.round(vm.uptimeMs() / 1000)} s after power on`;
    } finally {
      await vm.kill();
    }
  });
}
