// `kuiper system support-bundle`: everything that helps to find out what is wrong, in one file, without secrets.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { messageOf } from '../../base/errors/gateway-error.ts';
import { maskText } from '../../base/secrets.ts';
import type { Command } from '../command.ts';
import { DEVICE, journal, ring, run, textOf } from '../system.ts';

export const systemSupportBundle: Command = {
  name: 'system support-bundle',
  usage: 'system support-bundle [FILE]',
  doc: 'Gather status, settings, rules, health and logs in one archive (kuiper-support.tar.gz), without secrets.',
  offline: true,
  exits: true,
  async run({ args, client, print }) {
    const file = resolve(args[0] ?? 'kuiper-support.tar.gz');
    const dir = mkdtempSync(join(tmpdir(), 'kuiper-support-'));
    const folder = join(dir, 'kuiper-support');
    mkdirSync(folder);
    const put = async (name: string, make: () => string | undefined | Promise<string | undefined>) => {
      let text: string | undefined;
      try {
        text = await make();
      } catch (error) {
        text = `could not be read: ${messageOf(error)}\n`;
      }
      if (text !== undefined) writeFileSync(join(folder, name), maskText(text));
    };
    try {
      for (const [name, path] of Object.entries({
        'gateway.json': '/',
        'health.json': '/health',
        'rules.json': '/rules',
        'streams.json': '/streams',
        'settings.json': '/settings',
      }))
        await put(name, () => client.call('GET', path));
      await put('mqtt.json', () => textOf('/run/kuiper-mqtt/status.json'));
      await put('gateway-report.txt', () => textOf(`${DEVICE}/gateway-report.txt`));
      await put('version.txt', () => textOf('/usr/lib/kuiper/VERSION'));
      await put('e2fsck.txt', () => textOf('/run/kuiper-boot/e2fsck.log'));
      await put('journal.txt', () => journal(20_000));
      await put('kept.txt', () => ring());
      await put('failed-units.txt', () => run('systemctl', ['--no-pager', '--failed']));
      await put('addresses.txt', () => run('ip', ['address']));
      await put('space.txt', () => run('df', ['-h']));
      await put('processes.txt', () => run('ps', ['-eo', 'user,pid,rss,pcpu,etime,comm']));
      run('tar', ['--create', '--gzip', `--file=${file}`, `--directory=${dir}`, 'kuiper-support']);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
    print(`${file}: look into it before you give it away.`);
  },
};
