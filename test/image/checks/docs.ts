// Every command of the appliance's pages, as it stands there, on one device: as the login user over SSH, and from another machine. What ends the device
// (reboot, power, reset) comes last. doc-runs.ts says what each of them must show.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { asTyped, DOC_RUNS, type DocRun, POWEROFF_CHECK, RESET_CHECK, type Typed } from '../doc-runs.ts';
import { expectThat, type Report } from '../report.ts';
import { until, type Vm, type VmOptions } from '../vm.ts';

const BOOT_MS = 900_000;

/** @param dir of the machine that was prepared and started @returns whether the machine still runs */
export async function docs(report: Report, vm: Vm, options: VmOptions, hostname: string): Promise<void> {
  const laptop = join(options.dir, 'laptop');
  mkdirSync(laptop, { recursive: true });
  const sshOptions = `-i ${vm.keyFile} -o StrictHostKeyChecking=no -o UserKnownHostsFile=${join(options.dir, 'known_hosts')} -o BatchMode=yes -o LogLevel=ERROR -o ConnectTimeout=60`;
  const typed: Typed = { ...vm, sshOptions, hostname, rule: 'provisioned' };
  for (const run of DOC_RUNS) {
    if (run.check !== undefined || !['device', 'laptop'].includes(run.on)) continue;
    await report.check(`docs: ${run.command.split('\n')[0]}`, async () => {
      const out = await answer(vm, run, asTyped(run, typed), laptop);
      return out.split('\n')[0]?.slice(0, 120);
    });
  }
}

async function answer(vm: Vm, run: DocRun, command: string, laptop: string): Promise<string> {
  const { deadlineMs = 120_000, shows } = run;
  const once = async () => {
    if (run.on === 'device') return vm.ssh(command, deadlineMs);
    try {
      return {
        code: 0,
        out: execFileSync('bash', ['-c', command], {
          cwd: laptop,
          encoding: 'utf8',
          timeout: deadlineMs,
          stdio: ['ignore', 'pipe', 'pipe'],
        }),
      };
    } catch (error) {
      const { stdout = '', stderr = '', status } = error as { stdout?: string; stderr?: string; status?: number };
      return { code: status ?? 1, out: `${stdout}${stderr}` };
    }
  };
  // A person waits a moment for a message to come through, a plugin to load, REST to open again.
  let seen = await once();
  const holds = () => seen.code === 0 && shows!.test(seen.out.trim());
  if (!holds() && /^(tail|curl|mosquitto_pub|ssh -L)/.test(run.command))
    await until(
      async () => {
        seen = await once();
        return holds();
      },
      120_000,
      'it does not show what the page promises',
      3000,
    ).catch(() => undefined); // said below, with what was shown
  expectThat(holds(), `${command}\nexit ${seen.code}: ${seen.out}`);
  return seen.out;
}

/** The files of a release, by another computer. */
export async function releaseFiles(report: Report, image: string, dir: string): Promise<void> {
  const out = dirname(image);
  for (const run of DOC_RUNS.filter((r) => r.on === 'release')) {
    await report.check(`docs: ${run.command}`, async () => {
      expectThat(
        existsSync(`${image}.zst`) && existsSync(join(out, 'SHA256SUMS')),
        `${image}.zst and SHA256SUMS are not there: a draft is no release`,
      );
      mkdirSync(dir, { recursive: true });
      for (const name of [`${basename(image)}.zst`, 'SHA256SUMS'])
        if (!existsSync(join(dir, name))) symlinkSync(join(out, name), join(dir, name));
      const command = run.command
        .replace('FILE.zst', `-f ${basename(image)}.zst -o flat.img`)
        .replace(/kuiper-gateway_<version>_arm64\.img\.zst/, `${basename(image)}.zst`)
        .replace('sudo dd of=/dev/sdX', 'dd of=card.img');
      const text = execFileSync('bash', ['-c', `set -o pipefail; ${command} 2>&1`], { cwd: dir, encoding: 'utf8', timeout: 600_000 });
      expectThat(run.shows!.test(text), text);
      return undefined;
    });
  }
}

export async function powerOff(report: Report, vm: Vm): Promise<void> {
  await report.check(POWEROFF_CHECK, async () => {
    await vm.ssh('kuiper system poweroff');
    const took = await until(() => vm.off, 300_000, 'it is not off');
    return `off after ${Math.round(took / 1000)} s`;
  });
}

/** Everything of the owner goes, gateway.yaml is read again, the identity is another one. The machine runs before and after. */
export async function reset(report: Report, vm: Vm): Promise<void> {
  await report.check(RESET_CHECK, async () => {
    const id = async () =>
      (await vm.root('cat /etc/machine-id /var/lib/kuiper-device/tls.crt; ls /opt/kuiper/data/results', 30_000).catch(() => ({ out: '' })))
        .out;
    const before = await id();
    expectThat(before.includes('warm.jsonl'), before);
    await vm.ssh('kuiper system reset --yes');
    await until(
      async () => (await id()).includes('BEGIN CERTIFICATE') && (await id()) !== before,
      BOOT_MS,
      'it did not come back as a new one',
      3000,
    );
    const state = await vm.root('systemctl is-system-running --wait; systemctl --failed --no-legend', BOOT_MS);
    expectThat(state.out.trim() === 'running', state.out);
    const after = await vm.ssh('kuiper show rules; ls /opt/kuiper/data/results');
    expectThat(after.code === 0 && !after.out.includes('warm'), after.out);
    return undefined;
  });
}
