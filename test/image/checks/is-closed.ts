// What is open is what was declared: ports, users, passwords, rights.
import { expectThat, type Report } from '../report.ts';
import type { Vm } from '../vm.ts';

/** protocol, port; loopback ones carry their address. */
const DECLARED = ['tcp 127.0.0.1:1883', 'tcp 127.0.0.1:9081', 'tcp 8883', 'tcp 22', 'udp 5353', 'udp 68', 'udp 546', 'dns'];

export async function isClosed(report: Report, vm: Vm): Promise<void> {
  await report.check('listens on the declared ports only', async () => {
    const { out } = await vm.root('ss -Htulpn');
    const unknown = out.split('\n').filter((line) => line.trim() !== '' && !isDeclared(line));
    expectThat(unknown.length === 0, unknown.join('\n'));
    for (const port of [':22 ', ':8883 ', '127.0.0.1:1883 ', '127.0.0.1:9081 '])
      expectThat(out.includes(port), `${port} is not open:\n${out}`);
    return `${DECLARED.length - 1} ports, and the resolver on loopback`;
  });
  await report.check('the firewall drops everything else', async () => {
    const { out } = await vm.root('nft list chain inet filter input');
    expectThat(out.includes('policy drop'), out);
    const ports = [...out.matchAll(/tcp dport (\d+)/g)].map((m) => m[1]);
    expectThat(ports.join() === '22,8883', `open by rule: ${ports.join()}`);
    return undefined;
  });
  await report.check('no process of ours runs as root but the updater, which ends when nobody needs it', async () => {
    const { out } = await vm.root("ps -eo user:20,args --no-headers | grep -E '/opt/kuiper' | grep -v grep");
    const lines = out.trim().split('\n');
    expectThat(
      lines.some((line) => line.startsWith('kuiper-gw') && line.includes('dist/daemon.mjs')),
      out,
    );
    expectThat(
      lines.some((line) => line.startsWith('kuiper-mqtt') && line.includes('dist/mqtt.mjs')),
      out,
    );
    expectThat(!lines.some((line) => line.startsWith('root ') && !line.includes('dist/update.mjs')), out);
    return undefined;
  });
  await report.check('the gateway has no capability, and the sandbox holds at run time', async () => {
    const { out } = await vm.root(
      'pid=$(systemctl show -P MainPID kuiper); grep -E "^(CapEff|CapBnd|NoNewPrivs|Seccomp):" /proc/$pid/status; nsenter -t $pid -m -- /bin/sh -c "touch /usr/x /etc/x /home/x 2>&1; ls /home 2>&1"',
    );
    expectThat(/CapEff:\s+0{16}\b/.test(out) && /CapBnd:\s+0{16}\b/.test(out), out);
    expectThat(/NoNewPrivs:\s+1/.test(out) && /Seccomp:\s+2/.test(out), out);
    expectThat((out.match(/Read-only file system|Permission denied/g) ?? []).length >= 2, out);
    return undefined;
  });
  await report.check('nobody can log in with a password', async () => {
    const shadow = await vm.root("awk -F: '$2 !~ /^[!*]/ {print $1}' /etc/shadow");
    expectThat(shadow.out.trim() === '', `with a password: ${shadow.out}`);
    const sshd = await vm.root(
      'sshd -T | grep -iE "^(passwordauthentication|kbdinteractiveauthentication|permitrootlogin|permitemptypasswords|allowusers)"',
    );
    expectThat(/passwordauthentication no/.test(sshd.out) && /kbdinteractiveauthentication no/.test(sshd.out), sshd.out);
    expectThat(/permitrootlogin no/.test(sshd.out) && /allowusers kuiper/.test(sshd.out), sshd.out);
    return undefined;
  });
  await report.check('secrets are unique and closed to others', async () => {
    const { out } = await vm.root(
      'stat -c "%a %U:%G %n" /var/lib/kuiper-device/*key /var/lib/kuiper-device/mqtt-password /opt/kuiper/etc/mqtt /etc/kuiper/device.env /etc/ssh/ssh_host_ed25519_key',
    );
    for (const line of out.trim().split('\n')) {
      const [mode] = line.split(' ') as [string];
      expectThat(mode.endsWith('0'), line);
    }
    return undefined;
  });
}

function isDeclared(line: string): boolean {
  const [protocol, , , , local = ''] = line.trim().split(/\s+/);
  const port = local.slice(local.lastIndexOf(':') + 1);
  const address = local.slice(0, local.lastIndexOf(':'));
  const loopback = address.startsWith('127.') || address.startsWith('[::1]');
  if (protocol === 'tcp' && (port === '22' || port === '8883')) return true;
  if (protocol === 'tcp' && loopback && (port === '1883' || port === '9081' || port === '53')) return true;
  if (protocol === 'udp' && (port === '5353' || port === '68' || port === '546')) return true;
  return protocol === 'udp' && loopback && (port === '53' || port === '323');
}
