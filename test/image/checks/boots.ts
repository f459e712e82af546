// The boot itself: reaches READY, nothing failed, nothing in a circle, light enough for a small board.

import { expectThat, type Report } from '../report.ts';
import { readBootFile, until, type Vm } from '../vm.ts';

/** An emulated CPU on a busy machine; what a board may take is the figure in the note. */
const BOOT_LIMIT_MS = 1_200_000;

/** @returns false when the machine did not come up, and further checks make no sense */
export async function boots(report: Report, vm: Vm, dir: string): Promise<boolean> {
  const up = await report.check('boot reaches "running" with kuiper.service READY', async () => {
    await vm.root('true', BOOT_LIMIT_MS).catch((error: Error) => {
      throw new Error(`${error.message}; console: ${vm.console().slice(-600)}`);
    });
    const state = await vm.root('systemctl is-system-running --wait', BOOT_LIMIT_MS);
    const failed = await vm.root('systemctl --failed --no-legend --plain; systemctl list-jobs --no-legend');
    const gateway = await vm.root(
      'systemctl is-active kuiper; systemctl show -P StatusText kuiper; journalctl -u kuiper -o cat | tail -n 5',
    );
    expectThat(state.out.trim() === 'running', `state ${state.out}; failed: ${failed.out}; kuiper: ${gateway.out}`);
    expectThat(gateway.out.startsWith('active'), `kuiper: ${gateway.out}`);
    const times = await vm.root('systemd-analyze time | head -n 1');
    return `${Math.round(vm.uptimeMs() / 1000)} s after power on; ${times.out.trim()}`;
  });
  if (!up) return false;

  await report.check('no ordering cycle, no unit setting that systemd does not know', async () => {
    const { out } = await vm.root(
      "journalctl -b -o cat | grep -iE 'ordering cycle|Unknown (key|section|lvalue)|Failed to parse' | head; true",
    );
    expectThat(out.trim() === '', out);
    return undefined;
  });
  await report.check('root is read-only; /etc, /var and /opt/kuiper are kept on the data partition', async () => {
    const { out } = await vm.root(
      'findmnt -no OPTIONS / | cut -d, -f1; touch /usr/x 2>&1; findmnt -no FSTYPE /etc /var /opt/kuiper/etc | sort -u; ls /run/kuiper-boot',
    );
    expectThat(out.includes('ro\n') && out.includes('Read-only file system'), out);
    expectThat(!out.includes('data-lost'), 'the data partition was not mounted');
    return undefined;
  });
  await report.check('the data partition has grown to the card', async () => {
    const { out } = await vm.root('df -BM --output=size /data | tail -n 1');
    const mib = Number.parseInt(out, 10);
    expectThat(mib > 1500, `data has ${out}`);
    return `${mib} MB of a 4 GB card`;
  });
  await report.check('GRUB took slot A as the good one, the start is no failed one, and the status says what was booted', async () => {
    const tally = 'grep -ah "^TALLY=" /boot/firmware/grub/tries1.env /boot/firmware/grub/tries2.env | sort -u';
    await until(async () => (await vm.root(tally)).out.trim() === 'TALLY=', 180_000, 'the start still counts as one that failed', 2000);
    const { out } = await vm.root(
      'cat /proc/cmdline /run/kuiper-update/status.json; grep -ahE "^(GOOD|TRIAL)=" /boot/firmware/grub/boot1.env /boot/firmware/grub/boot2.env | sort -u | paste -sd" "; cat /usr/lib/kuiper/VERSION',
    );
    expectThat(/rauc\.slot=A kuiper\.boot=good:\d+:x /.test(out) && out.includes('GOOD=A TRIAL='), out);
    const version = out.trim().split('\n').at(-1);
    expectThat(out.includes(`"booted":{"slot":"A","version":"${version}"},"phase":"idle"`), out);
    return undefined;
  });
  await report.check('clock, swap and log are made for a card: zram, journal in RAM, no clock below the build', async () => {
    const { out } = await vm.root(
      'swapon --noheadings --show=NAME; ls /var/log/journal 2>&1; journalctl --disk-usage; date +%s; readlink /etc/localtime',
    );
    expectThat(out.includes('/dev/zram0'), out);
    expectThat(!/^system\.journal/m.test(out), out);
    expectThat(out.includes('Europe/Berlin'), out);
    return undefined;
  });
  await report.check('gateway.yaml was applied, its password removed, its problem told in words', async () => {
    const { out } = await vm.root(
      'hostname; cat /boot/firmware/gateway.yaml /boot/firmware/gateway-report.txt; cat /var/lib/kuiper-device/mqtt-password',
    );
    expectThat(out.startsWith('kuiper-test\n'), out);
    expectThat(out.includes('(used and removed)') && out.trim().endsWith('open-Sesame-42'), out);
    expectThat(out.split('open-Sesame-42').length === 2, 'the password is still on the boot partition');
    expectThat(out.includes('there is no file plugins/functions/none.ts'), out);
    expectThat(out.includes('Created rule provisioned.'), out);
    expectThat(readBootFile(dir, 'gateway.yaml.example').includes('hostname'), 'the example is not on the boot partition');
    return undefined;
  });
  return true;
}

/** After a good start, when nobody asks for anything any more. */
export async function idle(report: Report, vm: Vm): Promise<void> {
  await report.check('the card has ids of its own, and everything is named by the disk that was booted', async () => {
    const { out } = await vm.root(
      'disk=/dev/$(lsblk -no PKNAME $(readlink -f /dev/disk/by-kuiper/data)); sfdisk --disk-id $disk; for n in boot slot-a slot-b data; do readlink -f /dev/disk/by-kuiper/$n; done; findmnt -no SOURCE /boot/firmware /data; blkid -o value -s UUID /dev/disk/by-kuiper/data /dev/disk/by-kuiper/boot',
    );
    const [id = '', ...rest] = out.trim().split('\n');
    expectThat(/^0x[0-9a-f]{8}$/.test(id) && id !== '0x4b554950', out);
    expectThat(
      rest
        .slice(0, 4)
        .map((p) => p.at(-1))
        .join('') === '1234',
      out,
    );
    expectThat(
      new Set(rest.slice(4, 6)).size === 2 && !out.includes('6b756970-6572-4000-8000-000000000004') && !out.includes('4B55-4950'),
      out,
    );
    return id;
  });
  await report.check('the empty slot is filled some time after a good start, byte by byte the same', async () => {
    const status = async () => (await vm.root('cat /run/kuiper-update/status.json')).out;
    await until(async () => (await status()).includes('"canGoBack":true'), 1_200_000, 'slot B stays empty', 5000).catch(
      async (error: Error) => {
        throw new Error(`${error.message}; ${await status()}`);
      },
    );
    const { out } = await vm.root(
      'cmp /dev/disk/by-kuiper/slot-a /dev/disk/by-kuiper/slot-b && echo same; grep -ahx "OTHER=1" /boot/firmware/grub/boot1.env',
      600_000,
    );
    expectThat(out.trim() === 'same\nOTHER=1', out);
    return undefined;
  });
  await report.check('RAM of the idle system is at most 190 MB, the updater has ended', async () => {
    await until(
      async () => (await vm.root('systemctl is-active kuiper-update')).out.trim() === 'inactive',
      900_000,
      'the updater stays',
      5000,
    );
    const { out } = await vm.root(
      "free -m | awk '/^Mem:/{print $3}'; ps -o rss= -p $(systemctl show -P MainPID kuiper); free -m; ps -eo rss,args --sort=-rss | head -n 12",
    );
    const usedMb = Number.parseInt(out, 10);
    expectThat(usedMb <= 190, out);
    return `${usedMb} MB used; gateway RSS ${Math.round(Number(out.split('\n')[1]) / 1024)} MB`;
  });
  await report.check('an idle device writes at most 20 MB a day to its disk', async () => {
    const disk = (await vm.root('lsblk -no PKNAME $(readlink -f /dev/disk/by-kuiper/data)')).out.trim();
    const sectors = async () => Number((await vm.root(`cut -d" " -f1- /sys/block/${disk}/stat`)).out.trim().split(/\s+/)[6]);
    await vm.root('sync');
    const before = await sectors();
    const seconds = 300;
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    const bytes = ((await sectors()) - before) * 512;
    const perDay = (bytes / seconds) * 86_400;
    expectThat(perDay <= 20e6, `${bytes} bytes in ${seconds} s, ${Math.round(perDay / 1e6)} MB a day`);
    return `${bytes} bytes in ${seconds} s, ${(perDay / 1e6).toFixed(1)} MB a day`;
  });
}
