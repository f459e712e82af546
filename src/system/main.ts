// The program of kuiper-update.service: runs as root beside the gateway. Takes up what was under way, serves its socket, ends when nobody needs it (the
// socket starts it again). Everything it needs to know comes from the command line and the kernel's. Next file: update/updater.ts.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { createRealClock } from '../base/clock.ts';
import { messageOf } from '../base/errors/gateway-error.ts';
import { createLog } from '../base/log.ts';
import { foldersOf, loadSettings } from '../config/index.ts';
import { parseFacts } from './boot/facts.ts';
import { createBootMedium, fileBlocks } from './boot/medium.ts';
import { otherSlot } from './boot/record.ts';
import { createAnnouncer } from './update/announce.ts';
import { copySlot } from './update/fill-slot.ts';
import type { Slot } from './update/installer.ts';
import { probe } from './update/probe.ts';
import { createRauc } from './update/rauc.ts';
import { createUpdateServer } from './update/server.ts';
import { createStateFile } from './update/state-file.ts';
import { createUpdater } from './update/updater.ts';
import { withUsbBundle } from './update/usb.ts';

/** First descriptor that systemd hands over. */
const LISTEN_FD = 3;
const IDLE_MS = 60_000;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      boot: { type: 'string', default: '/boot/firmware/grub' },
      data: { type: 'string', default: '/data/update' },
      root: { type: 'string', default: '/opt/kuiper' },
      'rauc-config': { type: 'string', default: '/usr/lib/kuiper/rauc.conf' },
      'version-file': { type: 'string', default: '/usr/lib/kuiper/VERSION' },
      'command-line': { type: 'string', default: '/proc/cmdline' },
      status: { type: 'string', default: '/run/kuiper-update/status.json' },
      socket: { type: 'string' },
      'healthy-s': { type: 'string', default: '120' },
      'deadline-s': { type: 'string', default: '300' },
      'flow-s': { type: 'string', default: '60' },
      'fill-after-s': { type: 'string', default: '180' },
    },
  });

  const clock = createRealClock();
  const log = createLog({ now: () => clock.now() });
  const text = (file: string) => readFileSync(file, 'utf8').trim();
  const facts = parseFacts(text(values['command-line']));
  if (!facts) {
    log.error({}, 'This machine was not started by the boot loader of the appliance: there are no slots to update.');
    process.exit(1);
  }
  const config = text(values['rauc-config']);
  const compatible = /^compatible=(.+)$/m.exec(config)?.[1] ?? '';
  const seconds = (name: 'healthy-s' | 'deadline-s' | 'flow-s' | 'fill-after-s') => Number(values[name]) * 1000;
  mkdirSync(dirname(values.status), { recursive: true });

  const {
    MQTT_SOURCE__DEFAULT__SERVER: broker,
    MQTT_SOURCE__DEFAULT__USERNAME: username,
    MQTT_SOURCE__DEFAULT__PASSWORD: password,
  } = process.env;
  const announcer = createAnnouncer({ clock, log, server: broker ?? 'tcp://127.0.0.1:1883', username, password });
  const updater = createUpdater({
    facts,
    version: text(values['version-file']),
    compatible,
    folder: values.data,
    medium: createBootMedium(fileBlocks(values.boot)),
    stateFile: createStateFile(values.data),
    rauc: createRauc({ config: values['rauc-config'], now: () => clock.now() }),
    clock,
    log,
    limits: { healthyMs: seconds('healthy-s'), deadlineMs: seconds('deadline-s') },
    flowMs: seconds('flow-s'),
    fill: {
      afterMs: seconds('fill-after-s'),
      async copy(signal) {
        const device = (slot: Slot) => new RegExp(`^device=(.+)\\n(?:.+\\n)*bootname=${slot}$`, 'm').exec(config)?.[1] ?? '';
        const forget = (target: string) => void spawnSync('blockdev', ['--flushbufs', target]);
        await copySlot(device(facts.slot), device(otherSlot(facts.slot)), { clock, signal, forget });
      },
    },
    probe: () => probe({ root: values.root }),
    window: () => loadSettings(foldersOf(values.root), process.env).settings.update.window,
    today: () => new Date(),
    async reboot() {
      log.info({}, 'The device restarts.');
      const { status, stderr } = spawnSync('systemctl', ['--no-block', 'reboot'], { encoding: 'utf8' });
      if (status !== 0) throw new Error(`systemctl reboot: ${stderr.trim()}`);
    },
    changed(status) {
      // In memory, for the gateway and the command line: nobody is woken by reading it.
      writeFileSync(`${values.status}.new`, JSON.stringify(status), { mode: 0o644 });
      renameSync(`${values.status}.new`, values.status);
      announcer.tell(status);
    },
    withUsb: (use) => withUsbBundle(use),
  });

  let lastUseMs = clock.monotonic();
  const server = createUpdateServer({
    updater,
    folder: values.data,
    onUse: () => {
      lastUseMs = clock.monotonic();
    },
  });
  try {
    await updater.start();
  } catch (error) {
    // Served all the same: the status says it, and an owner can still act.
    log.error({ error: messageOf(error) }, 'What was under way could not be taken up');
  }
  if (process.env['LISTEN_FDS'] === '1') server.listen({ fd: LISTEN_FD });
  else server.listen(values.socket ?? '/run/kuiper-update/update.sock');
  setInterval(() => {
    if (updater.busy || announcer.busy || clock.monotonic() - lastUseMs < IDLE_MS) return;
    updater.stop();
    server.close(() => process.exit(0));
  }, 5000);
}

if (import.meta.main) {
  main().catch((error: unknown) => {
    process.stderr.write(`kuiper-update: ${messageOf(error)}\n`);
    process.exit(1);
  });
}
