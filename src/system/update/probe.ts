// One look at the device, as a sample for health.ts: REST of the gateway, systemd, routes, the data partition. Called by updater.ts every few seconds
// while a new version is under observation, and twice before a restart into one.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { messageOf } from '../../base/errors/gateway-error.ts';
import { nodeHttp, nodeHttps } from '../../base/node-http.ts';
import { foldersOf, loadSettings } from '../../config/index.ts';
import type { Sample } from './health.ts';

export interface ProbeOptions {
  /** Root of the gateway. */
  readonly root: string;
  readonly tokenFile?: string;
  readonly caFile?: string;
  /** Instead of the address in the settings. */
  readonly url?: string;
  /** Why the service does not run, in words; by systemctl and journalctl if absent. */
  readonly service?: () => string;
  readonly routes?: readonly string[];
  readonly lostMark?: string;
  readonly timeoutMs?: number;
}

export async function probe(options: ProbeOptions): Promise<Sample> {
  const { service = serviceText, lostMark = '/run/kuiper-boot/data-lost' } = options;
  const device = { network: hasRoute(options.routes), dataLost: existsSync(lostMark) };
  try {
    const info = JSON.parse(await get(options, '/')) as { safeMode?: string };
    const rules = JSON.parse(await get(options, '/rules/status/all')) as Record<string, Record<string, unknown>>;
    return { ...device, rules: rulesOf(rules), ...(info.safeMode === undefined ? {} : { safeMode: info.safeMode }) };
  } catch (error) {
    const why = service();
    return { ...device, rules: {}, silent: why === '' ? messageOf(error) : `${messageOf(error)} (${why})` };
  }
}

/** @param status answer of /rules/status/all */
export function rulesOf(status: Readonly<Record<string, Readonly<Record<string, unknown>>>>): Sample['rules'] {
  return Object.fromEntries(
    Object.entries(status).map(([id, of]) => {
      let messages = 0;
      for (const [name, value] of Object.entries(of))
        if (/^source_.*_records_in_total$/.test(name) && typeof value === 'number') messages += value;
      const text = typeof of['message'] === 'string' && of['message'] !== '' ? of['message'] : undefined;
      return [id, { running: of['status'] === 'running', messages, ...(text === undefined ? {} : { text }) }];
    }),
  );
}

/** A default route of IPv4 or IPv6. */
export function hasRoute(files: readonly string[] = ['/proc/net/route', '/proc/net/ipv6_route']): boolean {
  return files.some((file) => {
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch {
      return false; // a kernel without IPv6
    }
    return text.split('\n').some((line) => {
      const columns = line.trim().split(/\s+/);
      if (columns.length === 10) return columns[0] === '0'.repeat(32) && columns[1] === '00' && columns[9] !== 'lo';
      return columns[1] === '00000000' && columns[2] !== '00000000';
    });
  });
}

function get(
  {
    root,
    url,
    tokenFile = '/var/lib/kuiper-device/rest-token',
    caFile = '/var/lib/kuiper-device/tls.crt',
    timeoutMs = 10_000,
  }: ProbeOptions,
  path: string,
): Promise<string> {
  const { port, tls } = loadSettings(foldersOf(root), process.env).settings.rest;
  const base = url ?? `${tls ? 'https' : 'http'}://localhost:${port}`;
  const { request } = base.startsWith('https:') ? nodeHttps() : nodeHttp();
  const token = textOf(tokenFile)?.trim();
  const ca = base.startsWith('https:') ? textOf(caFile) : undefined;
  return new Promise((resolve, reject) => {
    const call = request(
      base + path,
      { agent: false, timeout: timeoutMs, headers: token ? { authorization: `Bearer ${token}` } : {}, ...(ca === undefined ? {} : { ca }) },
      (response: IncomingMessage) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => (response.statusCode === 200 ? resolve(text) : reject(new Error(`REST answered ${response.statusCode}`))));
        response.on('error', reject);
      },
    );
    call.on('timeout', () => call.destroy(new Error(`REST did not answer within ${timeoutMs / 1000} s`)));
    call.on('error', reject);
    call.end();
  });
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined; // REST is not open for others: no token is needed
  }
}

/** What systemd and the log say of a gateway that does not answer. */
function serviceText(): string {
  const out = (program: string, args: string[]) => spawnSync(program, args, { encoding: 'utf8', timeout: 10_000 }).stdout ?? '';
  const shown = new Map(
    out('systemctl', ['show', 'kuiper.service', '-p', 'ActiveState,SubState,Result,NRestarts,StatusText'])
      .split('\n')
      .map((line): [string, string] => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  const parts = [`service ${shown.get('ActiveState') ?? 'unknown'}`];
  if (shown.get('Result') && shown.get('Result') !== 'success') parts.push(shown.get('Result')!);
  if (Number(shown.get('NRestarts') ?? 0) > 0) parts.push(`${shown.get('NRestarts')} restarts`);
  if (shown.get('StatusText')) parts.push(shown.get('StatusText')!);
  const last = out('journalctl', ['-u', 'kuiper.service', '-b', '-p', 'err', '-n', '1', '-o', 'cat', '--no-pager', '-q']).trim();
  if (last) parts.push(`log: ${last.slice(0, 300)}`);
  return parts.join(', ');
}
