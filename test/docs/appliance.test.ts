// Every command that a page of the appliance tells an owner to type is executed by the image test, and nothing is executed that no page has.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { commandsOf, docCommands } from '../image/doc-commands.ts';
import { asTyped, DOC_RUNS } from '../image/doc-runs.ts';

describe('commands of the appliance’s pages', () => {
  const commands = docCommands();

  // @covers issue:16#7
  test('are all executed by the image test: a new command has a line in test/image/doc-runs.ts', () => {
    const known = new Set(DOC_RUNS.map((r) => r.command));
    expect(commands.filter(({ text }) => !known.has(text)).map(({ page, line, text }) => `${page}:${line} ${text}`)).toEqual([]);
    expect(commands.length).toBeGreaterThan(60);
  });

  // @covers issue:16#7
  test('are those that are executed, each once: no entry is left over', () => {
    const there = new Set(commands.map((c) => c.text));
    expect(DOC_RUNS.filter((r) => !there.has(r.command)).map((r) => r.command)).toEqual([]);
    expect(new Set(DOC_RUNS.map((r) => r.command)).size).toBe(DOC_RUNS.length);
  });

  test('run on a device or another machine and must show something, or say why not', () => {
    for (const { command, on, shows, check, why } of DOC_RUNS) {
      if (['device', 'laptop', 'release'].includes(on)) expect(shows !== undefined || check !== undefined, command).toBe(true);
      expect(why !== undefined, command).toBe(on === 'elsewhere');
      if (on === 'build') expect(command).toMatch(/^make /);
      if (on === 'updates') expect(command).toMatch(/^kuiper system update/);
    }
    // no more than this is taken on trust
    expect(DOC_RUNS.filter((r) => r.on === 'elsewhere').map((r) => r.command.split(' ')[0])).toEqual([
      'Get-FileHash',
      'diskutil',
      'lsblk',
      'rpi-imager',
    ]);
  });

  test('with a check of its own are executed by that check', () => {
    const code = ['docs', 'owner', 'survives-reboot'].map((name) => readFileSync(`test/image/checks/${name}.ts`, 'utf8')).join('\n');
    for (const { command, check } of DOC_RUNS) if (check !== undefined) expect(code, command).toContain(`vm.ssh('${command}')`);
  });

  test('are found in blocks, here documents, tables and sentences, without their comments', () => {
    const page = [
      'Say `kuiper show rules`, as user `kuiper`, or `systemctl start\\|stop kuiper`.',
      '',
      '    scp -r a b        # copies',
      '    kuiper system update confirm | rollback',
      '',
      '```sh',
      "cat > x <<'END'",
      'a: 1',
      'END',
      'kuiper apply x',
      '```',
    ].join('\n');
    expect(commandsOf('p.md', page).map((c) => `${c.line} ${c.text}`)).toEqual([
      '1 kuiper show rules',
      '1 systemctl start kuiper',
      '1 systemctl stop kuiper',
      '3 scp -r a b',
      '4 kuiper system update confirm',
      '4 kuiper system update rollback',
      "7 cat > x <<'END'\na: 1\nEND",
      '10 kuiper apply x',
    ]);
  });

  test('are typed as they stand, with what a person fills in', () => {
    const typed = { sshPort: 22, mqttsPort: 88, restPort: 90, sshOptions: '-i k', hostname: 'box', rule: 'r' };
    const type = (command: string) => asTyped(DOC_RUNS.find((r) => r.command.startsWith(command))!, typed);
    expect(type('scp -r kuiper')).toBe('scp -r -i k -P 22 kuiper@127.0.0.1:/var/lib/kuiper-device/access .');
    expect(type('curl ')).toBe(
      'curl -sS --resolve box.local:90:127.0.0.1 --cacert access/tls.crt -H "Authorization: Bearer $(cat access/rest-token)" https://box.local:90/rules',
    );
    expect(type('kuiper gethealth')).toBe('kuiper gethealth rule r');
    expect(type('kuiper system config set')).toBe('kuiper system config set basic.enablePrivateNet true');
    expect(type('mosquitto_pub')).toContain('-h 127.0.0.1 -p 88 --cafile access/tls.crt');
  });
});
