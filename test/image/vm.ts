// One virtual machine: QEMU virt on a copy of the image, a root agent over virtio-serial, ssh as a user would use it.
// The image is not changed for the test: the agent and unit drop-ins are systemd credentials, gateway.yaml is put on the
// boot partition as a person would. Used by main.ts.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { freePort } from '../helpers/free-port.ts';

export interface VmOptions {
  image: string;
  /** Scratch folder; made anew. */
  dir: string;
  /** Content of gateway.yaml on the boot partition. */
  gatewayYaml?: string;
  /** Drop-ins by unit name. */
  dropins?: Record<string, string>;
  memoryMib?: number;
  /** With a watchdog on the PCI bus, which resets the machine. An emulated CPU on a busy host may be too slow for a system that is in order. */
  watchdog?: boolean;
  /** The card's size; larger than the image, so that growing is tested. */
  diskMib?: number;
}

export interface CommandResult {
  code: number;
  out: string;
}

export interface Vm {
  readonly sshPort: number;
  readonly mqttsPort: number;
  readonly restPort: number;
  readonly keyFile: string;
  /** Milliseconds since power on. */
  uptimeMs(): number;
  /** Runs a shell script as root in the guest. @throws when the deadline passes */
  root(script: string, deadlineMs?: number): Promise<CommandResult>;
  /** Runs a command by ssh as the login user. */
  ssh(command: string, deadlineMs?: number): Promise<CommandResult>;
  /** A real scp from this machine. @param target e.g. `/opt/kuiper/plugins/functions/` */
  scp(file: string, target: string): Promise<CommandResult>;
  /** Text of the serial console so far. */
  console(): string;
  /** It has switched itself off. */
  readonly off: boolean;
  /** Power cut. */
  kill(): Promise<void>;
}

const BOOT_PARTITION = '@@1M';

const agent = `exec 3<>/dev/virtio-ports/kuiper.test
while read -r id line <&3; do
  out=$(printf %s "$line" | base64 -d | timeout 1500 bash 2>&1); rc=$?
  printf '%s %s %s\\n' "$id" "$rc" "$(printf %s "$out" | base64 -w0)" >&3
done
`;

const base64 = (text: string) => Buffer.from(text).toString('base64');
const credential = (name: string, value: string) => ['-smbios', `type=11,value=io.systemd.credential.binary:${name}=${base64(value)}`];

/** Copies the image into the folder and writes gateway.yaml. The copy can be started again and again. */
export function prepareDisk({ image, dir, gatewayYaml, diskMib = 4096 }: VmOptions): string {
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  const disk = join(dir, 'disk.img');
  execFileSync('cp', ['--sparse=always', image, disk]);
  execFileSync('truncate', ['-s', `${diskMib}M`, disk]);
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(dir, 'key')]);
  if (gatewayYaml !== undefined) {
    const file = join(dir, 'gateway.yaml');
    writeFileSync(file, gatewayYaml.replace('@KEY@', readFileSync(join(dir, 'key.pub'), 'utf8').trim()));
    execFileSync('mcopy', ['-o', '-i', disk + BOOT_PARTITION, file, '::gateway.yaml']);
  }
  return disk;
}

/** Reads a file of the boot partition while the machine is off. */
export function readBootFile(dir: string, name: string): string {
  return execFileSync('mtype', ['-i', join(dir, 'disk.img') + BOOT_PARTITION, `::${name}`], { encoding: 'utf8' });
}

/** Powers the machine on. */
export async function startVm(options: VmOptions): Promise<Vm> {
  const { dir, dropins = {}, memoryMib = 1024, watchdog = false } = options;
  const disk = join(dir, 'disk.img');
  if (!existsSync(disk)) prepareDisk(options);
  const sshPort = await freePort();
  const mqttsPort = await freePort();
  const restPort = await freePort();
  const agentSocket = join(dir, 'agent.sock');
  rmSync(agentSocket, { force: true });
  const unit = `[Unit]
Description=Agent of the image test
DefaultDependencies=no
Wants=dev-virtio\\x2dports-kuiper.test.device
After=dev-virtio\\x2dports-kuiper.test.device local-fs.target
[Service]
ExecStart=/bin/bash -c 'echo ${base64(agent)} | base64 -d >/run/kuiper-agent; exec /bin/bash /run/kuiper-agent'
Restart=always
`;
  const consoleFile = join(dir, 'console.log');
  const consoleOut = createWriteStream(consoleFile, { flags: 'a' });
  const child: ChildProcess = spawn(
    'qemu-system-aarch64',
    [
      ...['-M', 'virt', '-accel', 'tcg,thread=multi', '-cpu', 'cortex-a72', '-smp', '2', '-m', String(memoryMib)],
      ...['-bios', '/usr/share/qemu-efi-aarch64/QEMU_EFI.fd', '-nodefaults', '-display', 'none', '-serial', 'stdio'],
      ...['-drive', `if=none,file=${disk},format=raw,id=d0`, '-device', 'virtio-blk-pci,drive=d0,bootindex=0'],
      ...[
        '-netdev',
        `user,id=n0,hostfwd=tcp:127.0.0.1:${sshPort}-:22,hostfwd=tcp:127.0.0.1:${mqttsPort}-:8883,hostfwd=tcp:127.0.0.1:${restPort}-:9081`,
      ],
      ...['-device', 'virtio-net-pci,netdev=n0,romfile=', '-device', 'virtio-rng-pci', '-device', 'virtio-serial-pci'],
      ...['-chardev', `socket,id=agent,path=${agentSocket},server=on,wait=off`, '-device', 'virtserialport,chardev=agent,name=kuiper.test'],
      ...(watchdog ? ['-device', 'i6300esb', '-action', 'watchdog=reset'] : []),
      ...credential('systemd.extra-unit.kuiper-test.service', unit),
      ...credential('systemd.unit-dropin.sysinit.target', '[Unit]\nWants=kuiper-test.service\n'),
      ...Object.entries(dropins).flatMap(([name, text]) => credential(`systemd.unit-dropin.${name}`, text)),
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const startedMs = performance.now();
  child.stdout!.pipe(consoleOut);
  child.stderr!.pipe(consoleOut, { end: false });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));

  let socket: Socket | undefined;
  let received = '';
  let lastId = 0;
  /** Questions under way; an answer that comes after its deadline finds nobody. */
  const waiting = new Map<string, (answer: string) => void>();
  const ask = async (script: string, deadlineMs: number): Promise<string> => {
    if (!socket) {
      await until(() => existsSync(agentSocket), 20_000, 'QEMU did not start');
      socket = connect(agentSocket);
      socket.on('error', () => undefined); // the machine was cut; the deadline of the command reports it
      socket.on('data', (chunk) => {
        received += chunk.toString('latin1');
        for (let end = received.indexOf('\n'); end >= 0; end = received.indexOf('\n')) {
          const line = received.slice(0, end);
          received = received.slice(end + 1);
          const cut = line.indexOf(' ');
          waiting.get(line.slice(0, cut))?.(line.slice(cut + 1));
        }
      });
    }
    const id = String(++lastId);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(id);
        reject(new Error(`no answer from the guest within ${deadlineMs / 1000} s`));
      }, deadlineMs);
      waiting.set(id, (text) => {
        waiting.delete(id);
        clearTimeout(timer);
        resolve(text);
      });
      socket!.write(`${id} ${base64(script)}\n`);
    });
  };

  const sshOptions = ['-i', join(dir, 'key'), '-o', 'StrictHostKeyChecking=no', '-o', `UserKnownHostsFile=${join(dir, 'known_hosts')}`];
  sshOptions.push('-o', 'BatchMode=yes', '-o', 'ConnectTimeout=30', '-o', 'LogLevel=ERROR');

  return {
    sshPort,
    mqttsPort,
    restPort,
    keyFile: join(dir, 'key'),
    uptimeMs: () => performance.now() - startedMs,
    async root(script, deadlineMs = 300_000) {
      const [code = '255', text = ''] = (await ask(script, deadlineMs)).split(' ');
      return { code: Number(code), out: Buffer.from(text, 'base64').toString('utf8') };
    },
    ssh: (command, deadlineMs = 300_000) => run('ssh', [...sshOptions, '-p', String(sshPort), 'kuiper@127.0.0.1', command], deadlineMs),
    scp: (file, target) => run('scp', [...sshOptions, '-P', String(sshPort), file, `kuiper@127.0.0.1:${target}`], 300_000),
    console: () => (existsSync(consoleFile) ? readFileSync(consoleFile, 'utf8') : ''),
    get off() {
      return child.exitCode !== null || child.signalCode !== null;
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
      socket?.destroy();
    },
  };
}

function run(command: string, args: string[], deadlineMs: number): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: deadlineMs, killSignal: 'SIGKILL' });
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString('utf8');
    });
    child.stderr.on('data', (chunk: Buffer) => {
      out += chunk.toString('utf8');
    });
    child.once('close', (code) => resolve({ code: code ?? 255, out: out.trim() }));
  });
}

/** Waits for a condition by asking again and again until a deadline. */
export async function until(test: () => boolean | Promise<boolean>, deadlineMs: number, what: string, stepMs = 250): Promise<number> {
  const startMs = performance.now();
  for (;;) {
    if (await test()) return performance.now() - startMs;
    if (performance.now() - startMs > deadlineMs) throw new Error(`${what} (waited ${deadlineMs / 1000} s)`);
    await new Promise((resolve) => setTimeout(resolve, stepMs));
  }
}
