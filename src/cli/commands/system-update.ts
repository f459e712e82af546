// `kuiper system update …`: install a new version of the system, look at it, keep it, leave it. On the device it talks to the updater itself, also while the
// gateway is down; from elsewhere over REST.
import { existsSync } from 'node:fs';
import { createUpdateClient, SOCKET } from '../../system/update/client.ts';
import type { InstallOptions, UpdateInstaller, UpdateSource, UpdateStatus } from '../../system/update/installer.ts';
import { CliError } from '../cli-error.ts';
import type { Client } from '../client.ts';
import type { Command, CommandContext } from '../command.ts';

const VERBS = ['status', 'confirm', 'rollback', 'restart'] as const;
const BAR = 30;
const LOOK_MS = 1000;
/** A bundle is fetched, written and read again before the answer comes. */
const INSTALL_LIMIT_MS = 2 * 3_600_000;

export const systemUpdate: Command = {
  name: 'system update',
  usage:
    'system update FILE | URL | usb [--restart now|window|asked] [--allow-downgrade] [--sha256 HEX]; status | confirm | rollback | restart',
  doc: 'Install a new version of the system into the slot that does not run. The device restarts in its window of maintenance (update.window), observes the new version, and goes back by itself when it is worse than the old one.',
  flags: [
    { names: ['restart'], doc: 'now, in the window of maintenance, or when asked (kuiper system reboot); window if absent' },
    { names: ['allow-downgrade'], value: false, doc: 'take an older version as well' },
    { names: ['sha256'], doc: 'SHA-256 that the bundle must have' },
  ],
  examples: [
    ['kuiper system update kuiper-gateway_0.2.0_arm64.raucb --restart now', 'install a bundle and restart into it'],
    [
      'kuiper --url https://gateway:9081 system update kuiper-gateway_0.2.0_arm64.raucb',
      'send a bundle from this machine to a device elsewhere',
    ],
    ['kuiper system update usb', 'install the bundle on the USB stick'],
    ['kuiper system update status', 'which version runs, what is under way, how the last update ended'],
  ],
  offline: true,
  exits: true,
  ownProgress: true,
  async run(context) {
    const [what, ...more] = context.args;
    if (what === undefined || more.length > 0) throw new CliError(`Usage: kuiper ${systemUpdate.usage}`, 'usage');
    const local = existsSync(SOCKET);
    const installer = local ? createUpdateClient() : overRest(context.client);
    if ((VERBS as readonly string[]).includes(what)) return act(what as (typeof VERBS)[number], installer, context);
    await install(what, installer, context, local ? undefined : context.client);
  },
};

async function act(verb: (typeof VERBS)[number], installer: UpdateInstaller, { print }: CommandContext): Promise<void> {
  if (verb === 'status') return print(statusText(await installer.status()));
  if (verb === 'restart') {
    print('Looks at rules and data for a minute, then restarts into the new version.');
    return installer.restart();
  }
  if (verb === 'confirm') {
    await installer.confirm('cli');
    return print('The version that runs is confirmed.');
  }
  print('The device goes back to the previous version.');
  await installer.rollback('cli');
}

async function install(
  what: string,
  installer: UpdateInstaller,
  { flags, print, note, io }: CommandContext,
  elsewhere: Client | undefined,
): Promise<void> {
  const restart = (flags['restart'] ?? 'window') as NonNullable<InstallOptions['restart']>;
  if (!['now', 'window', 'asked'].includes(restart)) throw new CliError(`--restart ${restart}: now, window or asked`, 'usage');
  let options: InstallOptions = {
    by: 'cli',
    restart,
    ...(flags['allow-downgrade'] === true ? { allowDowngrade: true } : {}),
    ...(typeof flags['sha256'] === 'string' ? { sha256: flags['sha256'] } : {}),
  };
  const source: UpdateSource = what === 'usb' ? { usb: true } : /^https?:\/\//.test(what) ? { url: what } : { file: what };
  if ('file' in source && !existsSync(source.file))
    throw new CliError(`There is no file ${what}; expected a bundle (NAME.raucb), an address, or usb.`, 'usage');
  let shown = '';
  const show = (line: string) => {
    if (line === shown) return;
    shown = line;
    // On a terminal one line that changes, elsewhere one line for each change.
    if (io.errorTerminal) process.stderr.write(`\r\u001b[K${line}`);
    else note(line);
  };
  if ('file' in source && elsewhere) {
    const [{ sendBundle }, { sha256Of }] = await Promise.all([import('../send-bundle.ts'), import('../../system/update/download.ts')]);
    const sha256 = await sha256Of(source.file);
    if (options.sha256 !== undefined && options.sha256.toLowerCase() !== sha256)
      throw new CliError(`The SHA-256 of ${what} is ${sha256}, expected ${options.sha256.toLowerCase()}.`, 'failed');
    const phase = 'sending';
    await sendBundle(elsewhere, source.file, { onPercent: (percent) => show(progress({ phase, percent, text: '' })) });
    options = { ...options, sha256 };
  }
  const look = setInterval(() => {
    installer.status().then(
      (status) => show(progress(status)),
      () => undefined, // the answer of install() says what is wrong
    );
  }, LOOK_MS);
  try {
    const { version, slot } = await installer.install(source, options);
    if (io.errorTerminal) process.stderr.write('\r\u001b[K');
    const next = {
      now: 'The device looks at rules and data for a minute and restarts.',
      window: 'It starts in the window of maintenance.',
      asked: 'It starts with: kuiper system update restart',
    };
    print(`Version ${version} is in slot ${slot}. ${next[restart]}`);
  } finally {
    clearInterval(look);
  }
}

export function progress({
  phase,
  percent,
  text,
}: Pick<UpdateStatus, 'percent' | 'text'> & { phase: UpdateStatus['phase'] | 'sending' }): string {
  if (percent === undefined) return text;
  const done = Math.round((BAR * percent) / 100);
  return `[${'#'.repeat(done)}${'.'.repeat(BAR - done)}] ${String(percent).padStart(3)} % ${phase}`;
}

/** Also of `kuiper system status`. */
export function statusText({ booted, text, confirmed, canGoBack, last, problems }: UpdateStatus): string {
  const lines = [
    `Slot         ${booted.slot}, version ${booted.version}${confirmed === booted.slot ? '' : `, not confirmed (${confirmed} is)`}`,
    `Update       ${text}`,
  ];
  if (last) {
    const { result, version, from, by, reason, code, atMs } = last;
    const how = {
      confirmed: `${version} confirmed`,
      'rolled-back': `${version} was left, back to ${from}`,
      failed: `${version} was not installed`,
    }[result];
    lines.push(
      `Last update  ${how} (${new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')} UTC, by ${by})`,
      `             ${code ? `${code}: ` : ''}${reason}`,
    );
  }
  if (canGoBack) lines.push(`             the previous version can be booted again: kuiper system update rollback`);
  for (const problem of problems) lines.push(`             problem: ${problem}`);
  return lines.join('\n');
}

function overRest(client: Client): UpdateInstaller {
  const post = (path: string, body: unknown = {}) => client.call('POST', `/system/update${path}`, JSON.stringify(body));
  return {
    async install(source, options) {
      const { by: _by, ...rest } = options;
      // a file was sent before
      const from = 'file' in source ? { upload: true } : source;
      return client.json('POST', '/system/update', JSON.stringify({ ...from, ...rest }), INSTALL_LIMIT_MS);
    },
    status: () => client.json('GET', '/system/update'),
    confirm: async () => void (await post('/confirm')),
    restart: async () => void (await post('/restart')),
    rollback: async () => void (await post('/rollback')),
  };
}
