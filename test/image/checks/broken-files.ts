// gateway.yaml as people break it, on the device: after each of them the SSH key of that file lets its owner in (the key of the file before is taken away first), and
// the report says what is wrong, with its line. Each is applied by the unit that applies it in a start.
import { readFileSync } from 'node:fs';
import { expectThat, type Report } from '../report.ts';
import type { Vm } from '../vm.ts';

const SSH = 'ssh:\n  keys:\n    - @KEY@\n';
/** What is wrong -> file, what the report must say. `Sesame` is a secret everywhere. */
export const BROKEN: Readonly<Record<string, readonly [text: string, told: RegExp]>> = {
  'a brace that is not closed': [`${SSH}mqtt: {password: open-Sesame-1\nntp: [a.example]\n`, /line 4.*mqtt[\s\S]*\}/],
  'the same name twice': [`${SSH}hostname: one\nhostname: two\n`, /line 5.*hostname/],
  'three colons': [`${SSH}hostname: a: b: c\n`, /line 4.*hostname/],
  'a gateway outside of the network': [
    `${SSH}network:\n  wired: {address: 192.168.1.20/24, gateway: 10.9.9.9}\n`,
    /network\.wired[\s\S]*10\.9\.9\.9/,
  ],
  'a name with a letter too much': [`${SSH}network:\n  wired: {adress: 192.168.1.20/24}\n`, /adress[\s\S]*address/],
  'a comment that cuts a password': [`${SSH}mqtt:\n  password: open-Sesame #x\n`, /line 5.*mqtt\.password/],
  'a key that is indented by a tab': [`ssh:\n\tkeys:\n\t\t- @KEY@\n`, /tab/],
  'nothing but a key somewhere': [`hello world\n@KEY@\nbye: [\n`, /line 1|line 3/],
  'a star before a password, and bytes of Windows': [
    `\uFEFF${SSH}mqtt:\n  password: *open-Sesame-2\n`.replaceAll('\n', '\r\n'),
    /begins with "\*"|Put it into quotes/,
  ],
  'aliases that grow without end': [
    `${SSH}a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d,*d,*d,*d,*d,*d]\n`,
    /cannot be unfolded/,
  ],
};

export async function brokenFiles(report: Report, vm: Vm): Promise<void> {
  const key = readFileSync(`${vm.keyFile}.pub`, 'utf8').trim();
  for (const [name, [text, told]] of Object.entries(BROKEN))
    await report.check(`gateway.yaml with ${name}: SSH works, the report says it`, async () => {
      const file = Buffer.from(text.replaceAll('@KEY@', key)).toString('base64');
      const { code, out } = await vm.root(
        `rm -f /etc/ssh/authorized_keys.d/kuiper; echo ${file} | base64 -d >/boot/firmware/gateway.yaml; systemctl restart kuiper-provision.service; cat /boot/firmware/gateway.yaml`,
      );
      expectThat(code === 0 && !out.includes('Sesame'), out);
      const seen = await vm.ssh('cat /var/lib/kuiper-device/gateway-report.txt');
      expectThat(seen.code === 0, `SSH: ${seen.out}`);
      expectThat(told.test(seen.out) && !seen.out.includes('Sesame'), seen.out);
      return undefined;
    });
}
