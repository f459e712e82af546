// Updates on real starts: QEMU boots the image, a bundle comes over HTTP as the login user asks for it, and what the device says at the end is compared.
// make test-updates [ARGS='good panic …']; results in image/out/test-updates.json. Slow: each kind is two to six starts. Needs image/build.sh and
// make update-keys before it. Next files: vm.ts, update-bundles.ts.
import { createReadStream, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join, resolve } from 'node:path';
import type { UpdateStatus } from '../../src/system/update/installer.ts';
import { createReport, expectThat } from './report.ts';
import { KINDS, type Kind, makeBundle } from './update-bundles.ts';
import { prepareDisk, startVm, until, type Vm, type VmOptions } from './vm.ts';

const [image, ...names] = process.argv.slice(2) as [string, ...string[]];
const work = resolve(process.env['KUIPER_TEST_DIR'] ?? join(image, '../updates'));
const kinds = KINDS.filter(({ name }) => names.length === 0 || names.includes(name));
const report = createReport([]);
/** A start of an emulated device on a busy machine takes minutes. */
const START_MS = 900_000;

const GATEWAY_YAML = `hostname: kuiper-update
ssh:
  keys:
    - @KEY@
streams:
  - CREATE STREAM beat () WITH (TYPE="simulator", DATASOURCE="beat", FORMAT="JSON")
rules:
  - id: beats
    sql: SELECT * FROM beat
    actions: [{nop: {}}]
`;

mkdirSync(work, { recursive: true });
const server = createServer((request, response) => {
  const file = join(work, basename(request.url ?? ''));
  const size = statSync(file, { throwIfNoEntry: false })?.size;
  if (size === undefined) return void response.writeHead(404).end();
  const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
  response.writeHead(from > 0 ? 206 : 200, {
    etag: `"${size}"`,
    'content-length': size - from,
    ...(from > 0 ? { 'content-range': `bytes ${from}-${size - 1}/${size}` } : {}),
  });
  createReadStream(file, { start: from }).pipe(response);
});
await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
const port = (server.address() as AddressInfo).port;

const options: VmOptions = {
  image,
  dir: join(work, 'vm'),
  gatewayYaml: GATEWAY_YAML,
  diskMib: 4096,
  // Shorter looks, longer patience: the machine that emulates may be busy.
  dropins: {
    'kuiper-update.service':
      '[Service]\nExecStart=\nExecStart=/opt/kuiper/lib/bin/node /opt/kuiper/lib/dist/update.mjs --healthy-s 20 --flow-s 20 --deadline-s 420\n',
    'kuiper-trial.timer': '[Timer]\nOnBootSec=\nOnBootSec=20min\n',
  },
};
prepareDisk(options);
let vm: Vm = await startVm(options);

const status = async (): Promise<UpdateStatus | undefined> => {
  const { code, out } = await vm.root('cat /run/kuiper-update/status.json', 30_000).catch(() => ({ code: 1, out: '' }));
  return code === 0 ? (JSON.parse(out) as UpdateStatus) : undefined;
};
const cmdline = async () => (await vm.root('cat /proc/cmdline')).out;
/** Until the device is up and no update is under way any more. */
const settled = async (test: (now: UpdateStatus) => boolean): Promise<UpdateStatus> => {
  let last: UpdateStatus | undefined;
  await until(
    async () => {
      last = await status();
      return last !== undefined && last.phase === 'idle' && test(last);
    },
    3 * START_MS,
    'the update did not end',
    3000,
  );
  return last!;
};

async function run({ name, version, ends, code, reason, cutAt, cuts = 0 }: Kind): Promise<void> {
  await report.check(`${name}: ${ends}`, async () => {
    const before = (await status())!;
    const from = before.booted;
    const file = makeBundle(name, work);
    const startedMs = performance.now();
    const { out } = await vm.ssh(
      `kuiper system update http://10.0.2.2:${port}/${file} --restart now`,
      cutAt === 'writing' ? 60_000 : 900_000,
    );
    const asked = out.split('\n').slice(-2).join(' ');
    if (cutAt === 'writing') {
      await until(
        async () => ((await status())?.percent ?? 0) >= 40 || (await status())?.phase === 'installing',
        600_000,
        'nothing is written',
        500,
      );
      await vm.kill();
      vm = await startVm(options);
    }
    if (cutAt === 'trial')
      for (let n = 0; n < cuts; n++) {
        await until(
          async () => (await vm.root('cat /proc/cmdline', 20_000).catch(() => ({ out: '' }))).out.includes('kuiper.boot=trial'),
          START_MS,
          'no trial',
          1000,
        );
        await vm.kill();
        vm = await startVm(options);
      }
    const now = await settled((s) => s.last?.id !== before.last?.id && (s.last?.result !== 'failed' || ends === 'refused'));
    const took = Math.round((performance.now() - startedMs) / 1000);
    const booted = /rauc\.slot=(.)/.exec(await cmdline())?.[1];
    const record = (
      await vm.root('grep -ahE "^(SEQ|GOOD|OTHER|TRIAL)=" /boot/firmware/grub/boot1.env /boot/firmware/grub/boot2.env | paste -sd" "')
    ).out.trim();
    const seen = `${JSON.stringify(now.last)}; slot ${booted}; ${record}; asked: ${asked}`;
    expectThat(booted === now.booted.slot, `the status says slot ${now.booted.slot}; ${seen}`);
    if (ends === 'confirmed') {
      expectThat(now.booted.slot !== from.slot && now.booted.version === version && now.last?.result === 'confirmed', seen);
    } else {
      expectThat(now.booted.slot === from.slot && now.booted.version === from.version, seen);
      expectThat(now.last?.code === code, seen);
      expectThat(reason!.test(now.last?.reason ?? ''), seen);
    }
    const health = await vm.ssh('kuiper system status; kuiper show rules | head -5');
    expectThat(health.out.includes('beats'), health.out);
    return `${took} s; ${now.last?.code ?? 'confirmed'}: ${now.last?.reason}`;
  });
}

try {
  const up = await report.check('boot reaches the login with the updater’s status', async () => {
    await vm.root('true', START_MS);
    await until(async () => (await status()) !== undefined, START_MS, 'no status', 2000);
    await until(async () => (await vm.ssh('kuiper show rules')).out.includes('beats'), START_MS, 'the rule is not there', 5000);
    const { out } = await vm.root(
      'journalctl -b -u kuiper-update -o cat | tail -n 5; cat /run/kuiper-update/status.json; cat /proc/cmdline',
    );
    return out;
  });
  if (up) for (const kind of kinds) await run(kind);
} finally {
  await vm.kill();
  server.close();
}
writeFileSync(join(image, '../test-updates.json'), `${JSON.stringify(report.results, null, 2)}\n`);
process.stdout.write(`${report.results.length} checks, ${report.failed} failed\n`);
process.exit(report.failed === 0 ? 0 : 1);
