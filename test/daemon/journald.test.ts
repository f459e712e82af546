// The real systemd-journald, in a mount namespace of its own: the gateway writes to it as a service does, and journalctl finds entries by the fields of the
// gateway. Linux with systemd and the right to make a namespace; the stand-in of journal-lines.test.ts runs everywhere.
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { freePort } from '../helpers/free-port.ts';

const JOURNALD = '/lib/systemd/systemd-journald';
/** What makes a mount namespace here: as root, by sudo, or in a namespace of users. */
const ways = [
  ['unshare', '-m'],
  ['sudo', '-n', '-E', 'unshare', '-m'],
  ['unshare', '-r', '-m'],
];

function works([command = '', ...args]: readonly string[]): boolean {
  try {
    execFileSync(command, [...args, 'mount', '-t', 'tmpfs', 'none', '/run'], { stdio: 'ignore' });
    return true;
  } catch {
    return false; // no right to make a namespace in this way
  }
}

const journaldWay = existsSync(JOURNALD) ? ways.find(works) : undefined;
if (!journaldWay) {
  const text = `systemd-journald cannot run here (${JOURNALD}, unshare): the test of the real journal is left out`;
  if (process.env['CI'] === 'true') throw new Error(text);
  console.warn(`\n*** ${text} ***\n`);
}

/** Standard output as systemd gives it to a service: a stream of the journal, named in JOURNAL_STREAM. */
const AS_SERVICE = `
import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
s.connect('/run/systemd/journal/stdout')
s.sendall(b'kuiper\\n\\n6\\n1\\n0\\n0\\n0\\n')
at = os.fstat(s.fileno())
os.environ['JOURNAL_STREAM'] = f'{at.st_dev}:{at.st_ino}'
os.dup2(s.fileno(), 1)
os.dup2(s.fileno(), 2)
os.execv(sys.argv[1], sys.argv[1:])
`;

const SCRIPT = `
set -u
mount -t tmpfs none /run && mount -t tmpfs none /var/log && mkdir -p /run/log /run/systemd
${JOURNALD} >/dev/null 2>&1 & journald=$!
until [ -S /run/systemd/journal/stdout ] || ! kill -0 $journald; do sleep 0.1; done
python3 -c "$AS_SERVICE" "$NODE" src/daemon/main.ts --root "$ROOT" & gateway=$!
url=http://127.0.0.1:$KUIPER__BASIC__RESTPORT
until curl -sf $url/ping >/dev/null || ! kill -0 $gateway; do sleep 0.2; done
curl -s -X PUT $url/metadata/sources/mqtt/confKeys/away -d '{"server":"tcp://127.0.0.1:1"}' >&2
curl -s -X POST $url/streams -d '{"sql":"CREATE STREAM s () WITH (TYPE=\\"mqtt\\", DATASOURCE=\\"x\\", CONF_KEY=\\"away\\")"}' >&2
curl -s -X POST $url/rules -d '{"id":"press","sql":"SELECT * FROM s","actions":[{"nop":{}}]}' >&2
tries=0
until journalctl --sync && journalctl -q -o cat --no-pager PRIORITY=4 KUIPER_SERVER=tcp://127.0.0.1:1 | grep -q . ; do
  tries=$((tries + 1)); [ $tries -lt 300 ] || break
  sleep 0.2
done
kill $gateway; wait $gateway
journalctl --sync
journalctl -q -o json --no-pager SYSLOG_IDENTIFIER=kuiper
kill $journald; wait $journald
chmod -R a+rwX "$ROOT"
`;

describe.runIf(journaldWay)('the real journal', () => {
  // @covers issue:18#4
  test('finds lines of the gateway by its fields, with the priority of their level, each as one entry', { timeout: 180_000 }, async () => {
    const [command = '', ...args] = journaldWay ?? [];
    const root = mkdtempSync(join(tmpdir(), 'kuiper-journald-'));
    for (const folder of ['data', 'log']) mkdirSync(join(root, folder));
    try {
      const env = { ...process.env, AS_SERVICE, NODE: process.execPath, ROOT: root, KUIPER__BASIC__RESTPORT: String(await freePort()) };
      const { stdout } = await promisify(execFile)(command, [...args, 'bash', '-c', SCRIPT], { env, maxBuffer: 1e8 });
      const entries = stdout
        .split('\n')
        .filter((l) => l !== '')
        .map((l) => JSON.parse(l) as Record<string, string>);
      const started = entries.find((e) => e['MESSAGE']?.startsWith('Kuiper Gateway starts.'));
      expect(started).toMatchObject({ PRIORITY: '6', KUIPER_ROOT: root, _TRANSPORT: 'journal', SYSLOG_IDENTIFIER: 'kuiper' });
      const lost = entries.find((e) => e['KUIPER_SERVER'] === 'tcp://127.0.0.1:1');
      expect(lost).toMatchObject({ PRIORITY: '4', _TRANSPORT: 'journal' });
      expect(lost?.['MESSAGE']).toMatch(/^[A-Z][^{}]* server=tcp:\/\/127\.0\.0\.1:1/);
      expect(entries.some((e) => e['MESSAGE']?.startsWith('Kuiper Gateway has stopped.'))).toBe(true);
      // nothing as JSON, nothing twice
      expect(entries.filter((e) => e['MESSAGE']?.startsWith('{'))).toEqual([]);
      expect(entries.filter((e) => e['MESSAGE']?.startsWith('Kuiper Gateway starts.'))).toHaveLength(1);
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });
});
