// The process around the gateway: signals, systemd, fatal errors, exit codes. Called by main.ts only.
import { flushCompileCache } from 'node:module';
import { createRealClock } from '../base/clock.ts';
import { messageOf } from '../base/errors/gateway-error.ts';
import { createLog } from '../base/log.ts';
import { type Environment, foldersOf } from '../config/index.ts';
import type { DaemonArguments } from './arguments.ts';
import { collectStart } from './collect-start.ts';
import { createGateway, VERSION } from './gateway.ts';
import { isJournal, journalWriter } from './journal-lines.ts';
import { openJournalSocket } from './journal-socket.ts';
import { createLifecycle } from './lifecycle.ts';
import { createNotifier } from './notify.ts';
import { createSignalHandler } from './signals.ts';
import { installTestHooks } from './test-hooks.ts';

/** A stop that takes longer is cut: the port must be free within 2 s, also with a dead sink. */
const STOP_LIMIT_MS = 1_900;
/** `systemctl status` is so old at most. */
const CONDITION_MS = 3_000;
/** Sources wait for so long at most until systemd knows that we are there. */
const ANNOUNCE_LIMIT_MS = 2_000;

export async function runDaemon(args: DaemonArguments, env: Environment): Promise<void> {
  if (args.version) {
    process.stdout.write(`Kuiper Gateway ${VERSION}\n`);
    return;
  }
  const log = createLog(isJournal(env) ? { write: journalWriter(openJournalSocket(), (text) => void process.stdout.write(text)) } : {});
  const clock = createRealClock();
  const notifier = createNotifier({ env, log, clock });
  const gateway = createGateway({
    folders: { ...foldersOf(args.root), ...args.folders },
    env,
    configFile: args.config,
    log,
    clock,
    onStopRequest: (code) => void stop(code, 'REST'),
  });
  const lifecycle = createLifecycle(gateway.parts, { clock, log });

  let stopping = false;
  let reloads = 0;
  const stop = async (code: number, why: string) => {
    if (stopping) return;
    stopping = true;
    log.info({ why }, 'Kuiper Gateway stops.');
    const cut = setTimeout(() => destroy(code, 'The stop took too long.'), STOP_LIMIT_MS);
    void notifier.stopping();
    await lifecycle.stop();
    await Promise.race([notifier.stop(), clock.sleep(100)]);
    clearTimeout(cut);
    log.info({}, 'Kuiper Gateway has stopped.');
    process.exit(code);
  };
  const destroy = (code: number, why: string) => {
    log.warn({ code: 'STOP_CUT', why }, 'Kuiper Gateway ends at once.');
    gateway.destroy();
    process.exit(code);
  };
  const onSignal = createSignalHandler(
    clock,
    (signal) => void stop(0, signal),
    (signal) => destroy(0, `A second signal (${signal}).`),
  );
  // a log that nobody reads any more (a closed pipe) is not a reason to end
  process.stdout.on('error', () => undefined);
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  process.on('SIGHUP', () => {
    void notifier.reloading();
    try {
      gateway.reload();
    } catch (error) {
      // each attempt is told, also the second within seconds
      log.error(
        { code: 'CONFIG_RELOAD', place: `reload ${++reloads}`, reason: messageOf(error) },
        'The new configuration is wrong; the old one stays in effect.',
      );
    }
    void notifier.ready();
  });
  const fatal = (error: unknown) => {
    if (gateway.blame(error)) return;
    gateway.crashed(messageOf(error));
    log.fatal(
      { code: 'FATAL', error: messageOf(error), stack: (error as Error | undefined)?.stack },
      'A fault of the gateway; the process ends.',
    );
    process.exit(1);
  };
  process.on('uncaughtException', fatal);
  process.on('unhandledRejection', fatal);
  installTestHooks(env, log);

  try {
    await lifecycle.start();
  } catch (error) {
    log.fatal({ code: (error as { code?: string }).code ?? 'START', reason: explainStart(error) }, 'Kuiper Gateway cannot start.');
    process.stderr.write(`kuiperd: ${explainStart(error)}\n`);
    process.exit(1);
  }
  if (stopping) return;
  gateway.ready(); // before anyone is told: who reads the line below may kill us at once
  const readyMs = Math.round(performance.now());
  log.info(
    { url: gateway.url, rules: gateway.service.rules.list().length, readyMs, rssMb: Math.round(process.memoryUsage.rss() / 1e6) },
    `Serving kuiper (version - ${VERSION}), and restful api on ${gateway.url}.`,
  );
  void Promise.race([notifier.ready(), clock.sleep(ANNOUNCE_LIMIT_MS)]).then(() => gateway.announced());
  const announceCondition = () => {
    void notifier.status(`${gateway.safeModeReason ?? gateway.condition()}; REST on ${gateway.url}`);
    if (notifier.active) clock.setTimer(CONDITION_MS, announceCondition);
  };
  announceCondition();
  notifier.startWatchdog();
  // written at the exit too; but a device that loses power before its first clean stop shall start warm the next time
  setTimeout(flushCompileCache, 3_000).unref();
  collectStart();
}

/** System errors of the start in words that say what to do. */
function explainStart(error: unknown): string {
  const { code, address, port } = error as { code?: string; address?: string; port?: number };
  if (code === 'EADDRINUSE')
    return `port ${port} on ${address} is taken by another process; stop it, or choose another port with KUIPER__BASIC__RESTPORT or basic.restPort`;
  if (code === 'EACCES' && port !== undefined) return `port ${port} needs more rights; choose one above 1023 with basic.restPort`;
  if (code === 'EADDRNOTAVAIL') return `this machine has no address ${address}; correct basic.restIp`;
  return messageOf(error);
}
