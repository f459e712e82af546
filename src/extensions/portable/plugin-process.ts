// The process of one portable plugin: started when a rule uses it, ended and started again with growing pauses when it dies or hangs, and told again
// what it was running. One for each plugin, whatever number of symbols it has. Used by source.ts, sink.ts, function.ts; made by portable-plugins.ts.
import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Backoff, createBackoff } from '../../base/backoff.ts';
import type { Clock, TimerHandle } from '../../base/clock.ts';
import { GatewayError, ioError, messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import { type Conversation, NoAnswer, openConversation, PluginGone } from './conversation.ts';
import { endLeftOver, forgetProcess, noteProcess } from './left-over.ts';
import type { PortableInfo } from './portable-info.ts';
import { createRenewal, type Renewal } from './renewal.ts';

/** Where the SDK dials and listens: it stands in its code. */
export const SOCKET_FOLDER = '/tmp';

/** Python on a small board takes its time to load. */
const START_LIMIT_MS = 30_000;
const COMMAND_LIMIT_MS = 10_000;
/** One that ran for so long has not failed at its start. */
const LASTED_MS = 30_000;
const PASSED = ['PATH', 'HOME', 'TZ', 'LANG', 'LC_ALL', 'TMPDIR', 'PYTHONPATH', 'VIRTUAL_ENV'];
/** Sent to the plugin at its start, as eKuiper does. */
const PLUGIN_CONF = '{"sendTimeout":1000}';
const MAX_OUTPUT_CHARS = 500;
const COMPLAINED_MS = 10_000;

/** What a plugin runs for a rule. */
export interface PluginSymbol {
  readonly symbolName: string;
  readonly pluginType: 'source' | 'sink' | 'func';
  readonly meta: { ruleId: string; opId: string; instanceId: number };
  /** In both spellings: eKuiper sends the first, its SDK of Python reads the second. */
  readonly dataSource?: string;
  readonly datasource?: string;
  readonly config?: Readonly<Record<string, unknown>>;
}

/** Told of what becomes of the process. */
export interface SymbolOwner {
  /** The process or the symbol ended; it is started again. */
  lost(error: Error): void;
  /** Called before the plugin is told to run the symbol again. */
  prepare?(): Promise<void>;
  /** It runs again and was told to run the symbol. */
  back(): void | Promise<void>;
}

export interface ProcessStatus {
  refCount: Record<string, number>;
  status: 'initializing' | 'running' | 'error' | 'stop';
  errMsg: string;
  pid?: number;
  /** Times that it was started again. */
  restarts: number;
}

export interface PluginProcessDeps {
  info: PortableInfo;
  /** Absolute path of the program. */
  executable: string;
  /** Command that runs a plugin in Python. */
  pythonBin: () => string;
  /** Where it is noted which process runs. */
  noteFile: string;
  clock: Clock;
  log: Log;
}

export class PluginProcess {
  private readonly deps: PluginProcessDeps;
  private readonly symbols = new Map<SymbolOwner, PluginSymbol>();
  private readonly backoff: Backoff = createBackoff({ firstMs: 100, maxMs: 10_000 });
  private readonly conversations = new Set<Conversation>();
  private control: Promise<Conversation> | undefined;
  private child: ChildProcess | undefined;
  private starting: Promise<void> | undefined;
  /** A restart is planned. */
  private again: TimerHandle | undefined;
  /** Counts the processes; which of them each symbol was told to: the same one twice would find its own sockets in use. */
  private epoch = 0;
  private readonly told = new Map<SymbolOwner, number>();
  private readonly renewal: Renewal<SymbolOwner>;
  /** When the plugin last printed the trace of an error. */
  private tracedAtMs = Number.NEGATIVE_INFINITY;
  private trace = '';
  private startedAtMs = 0;
  private closed = false;
  private restarts = 0;
  private state: ProcessStatus['status'] = 'stop';
  private error = '';
  private lastOutput = '';

  constructor(deps: PluginProcessDeps) {
    this.deps = deps;
    this.renewal = createRenewal(deps.clock, (owner) => void this.renew(owner));
  }

  status(): ProcessStatus {
    const refCount: Record<string, number> = {};
    for (const { meta } of this.symbols.values()) if (meta.ruleId !== '') refCount[meta.ruleId] = (refCount[meta.ruleId] ?? 0) + 1;
    const pid = this.child?.pid;
    return { refCount, status: this.state, errMsg: this.error, ...(pid !== undefined && { pid }), restarts: this.restarts };
  }

  /** Resolves when the process runs. @throws GatewayError PORTABLE_START, retriable, when it does not */
  start(): Promise<void> {
    if (this.closed) return Promise.reject(ioError(`portable plugin ${this.deps.info.name} was removed`));
    if (this.child && !this.starting) return Promise.resolve();
    this.starting ??= this.begin().finally(() => {
      this.starting = undefined;
    });
    return this.starting;
  }

  /** Has the plugin run a symbol, now and after each restart. @throws GatewayError PORTABLE_START, or what the plugin answers */
  async run(symbol: PluginSymbol, owner: SymbolOwner): Promise<void> {
    await this.start();
    await this.tell(owner, symbol);
    this.symbols.set(owner, symbol);
  }

  /** The plugin ends it, if it runs. */
  async end(owner: SymbolOwner): Promise<void> {
    const symbol = this.symbols.get(owner);
    if (!symbol) return;
    this.symbols.delete(owner);
    this.told.delete(owner);
    this.renewal.forget(owner);
    if (this.symbols.size === 0) this.planNothing();
    if (this.child && this.state === 'running')
      await this.command('stop', symbol).catch((error: unknown) =>
        this.deps.log.debug({ plugin: this.deps.info.name, symbol: symbol.symbolName, cause: messageOf(error) }, 'A symbol was not ended.'),
      );
  }

  /** The owner's symbol has stopped by itself, or its answers cannot be trusted any more: unless the whole process has ended, it is started again. */
  stopped(owner: SymbolOwner): void {
    if (this.symbols.has(owner)) this.renewal.plan(owner);
  }

  /** An error was printed a short time ago. */
  get complained(): boolean {
    return this.deps.clock.monotonic() - this.tracedAtMs < COMPLAINED_MS;
  }

  /** A socket on which this plugin is asked: it ends with the process. */
  async converse(path: string): Promise<Conversation> {
    const c = await openConversation(path, this.deps.clock);
    this.conversations.add(c);
    return c;
  }

  /** It does not answer any more. */
  kill(why: string): void {
    this.error = why;
    killGroup(this.child);
  }

  close(): void {
    this.closed = true;
    this.planNothing();
    this.renewal.close();
    const { child } = this;
    this.child = undefined;
    this.state = 'stop';
    killGroup(child);
    forgetProcess(this.deps.noteFile);
    for (const c of this.conversations) c.close();
    void this.control?.then((c) => c.close()).catch(() => undefined);
    rmSync(this.controlPath, { force: true });
  }

  private get controlPath(): string {
    return `${SOCKET_FOLDER}/plugin_${this.deps.info.name}.ipc`;
  }

  private async begin(): Promise<void> {
    const { info, noteFile, clock, log } = this.deps;
    this.state = 'initializing';
    this.epoch++;
    try {
      endLeftOver(noteFile);
      this.control ??= openConversation(this.controlPath, clock);
      this.control.catch(() => {
        this.control = undefined;
      });
      const control = await this.control;
      const child = this.spawn();
      this.child = child;
      this.startedAtMs = clock.monotonic();
      const ended = new Promise<never>((_, reject) => {
        child.once('error', (error) => reject(this.cannotStart(error)));
        child.once('exit', (code, signal) =>
          reject(new Error(`it ended with ${signal ?? `code ${code}`}${this.lastOutput && `: ${this.lastOutput}`}`)),
        );
      });
      ended.catch((error: unknown) => this.died(child, control, error));
      await Promise.race([control.greeted(START_LIMIT_MS), ended]);
      if (child.pid !== undefined) noteProcess(noteFile, child.pid);
      this.state = 'running';
      this.error = '';
      log.info({ plugin: info.name, pid: child.pid }, 'A portable plugin runs.');
    } catch (error) {
      killGroup(this.child);
      this.child = undefined;
      this.state = 'error';
      this.error = messageOf(error);
      if (error instanceof GatewayError) throw error;
      throw new GatewayError('PORTABLE_START', { plugin: info.name, problem: messageOf(error) }, { cause: error });
    }
  }

  private spawn(): ChildProcess {
    const { info, executable, pythonBin, clock, log } = this.deps;
    const env: Record<string, string> = {};
    for (const name of PASSED) if (process.env[name] !== undefined) env[name] = process.env[name];
    const [command, args] =
      info.language === 'go'
        ? [executable, [PLUGIN_CONF]]
        : info.virtualEnvType === 'conda'
          ? ['conda', ['run', '-n', info.env ?? '', pythonBin(), executable, PLUGIN_CONF]]
          : [pythonBin(), ['-u', executable, PLUGIN_CONF]];
    // a group of its own: what the plugin has started ends with it
    const child = spawn(command, args, { env, cwd: dirname(executable), detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        const text = chunk.toString().trimEnd();
        this.lastOutput = text.slice(-MAX_OUTPUT_CHARS);
        if (text.includes('Traceback') || text.includes('panic:')) {
          this.tracedAtMs = clock.monotonic();
          this.trace = text.slice(-MAX_OUTPUT_CHARS);
        }
        log.debug({ plugin: info.name, text: text.slice(0, MAX_OUTPUT_CHARS) }, 'A portable plugin says.');
      });
    return child;
  }

  private cannotStart(error: Error): Error {
    const { info, pythonBin } = this.deps;
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return error;
    if (info.language === 'go') return new GatewayError('PORTABLE_START', { plugin: info.name, problem: error.message });
    return new GatewayError('PORTABLE_NO_PYTHON', { plugin: info.name, command: info.virtualEnvType === 'conda' ? 'conda' : pythonBin() });
  }

  private died(child: ChildProcess, control: Conversation, cause: unknown): void {
    if (this.child !== child) return;
    const { info, noteFile, clock, log } = this.deps;
    const wasRunning = this.state === 'running';
    // what it had started goes with it
    killGroup(child);
    this.child = undefined;
    forgetProcess(noteFile);
    this.state = 'error';
    this.error = messageOf(cause);
    control.gone();
    for (const c of this.conversations) c.gone();
    if (!wasRunning || this.closed) return;
    if (clock.monotonic() - this.startedAtMs > LASTED_MS) this.backoff.reset();
    log.warn({ code: 'PORTABLE_ENDED', plugin: info.name, cause: this.error }, 'A portable plugin has ended and is started again.');
    const error = ioError(`portable plugin ${info.name} has ended: ${this.error}`);
    for (const owner of this.symbols.keys()) owner.lost(error);
    this.planRestart();
  }

  private planRestart(): void {
    if (this.closed || this.symbols.size === 0 || this.again) return;
    this.again = this.deps.clock.setTimer(this.backoff.next(), () => {
      this.again = undefined;
      void this.restart();
    });
  }

  private planNothing(): void {
    this.deps.clock.clear(this.again);
    this.again = undefined;
  }

  private async tell(owner: SymbolOwner, symbol: PluginSymbol): Promise<void> {
    const { epoch } = this;
    if (this.told.get(owner) === epoch) return;
    this.told.set(owner, epoch);
    try {
      await this.command('start', symbol);
    } catch (error) {
      if (this.told.get(owner) === epoch) this.told.delete(owner);
      throw error;
    }
  }

  private async restart(): Promise<void> {
    const { info, log } = this.deps;
    this.restarts++;
    try {
      await this.start();
      // one that is opened meanwhile was told by itself
      for (const [owner, symbol] of [...this.symbols]) if (this.mustTell(owner)) await this.tellAgain(owner, symbol);
    } catch (error) {
      log.warn({ code: 'PORTABLE_ENDED', plugin: info.name, cause: messageOf(error) }, 'A portable plugin could not be started again.');
      if (this.child) this.kill(messageOf(error));
      else this.planRestart();
    }
  }

  private mustTell(owner: SymbolOwner): boolean {
    return this.symbols.has(owner) && this.told.get(owner) !== this.epoch;
  }

  /** One symbol that cannot start does not take the others with it. @throws when the process itself does not answer */
  private async tellAgain(owner: SymbolOwner, symbol: PluginSymbol): Promise<void> {
    try {
      await owner.prepare?.();
      await this.tell(owner, symbol);
      await owner.back();
    } catch (error) {
      if (error instanceof NoAnswer || error instanceof PluginGone) throw error;
      owner.lost(ioError(messageOf(error), error));
      this.renewal.plan(owner);
    }
  }

  private async renew(owner: SymbolOwner): Promise<void> {
    const symbol = this.symbols.get(owner);
    // otherwise the start of the process tells it
    if (!symbol || this.state !== 'running' || this.starting) return;
    const { info, log } = this.deps;
    const of = { plugin: info.name, symbol: symbol.symbolName, rule: symbol.meta.ruleId };
    try {
      log.warn(
        { code: 'PORTABLE_SYMBOL', ...of, cause: this.complained ? this.trace : '' },
        'Part of a portable plugin stopped and is started again.',
      );
      if (this.told.delete(owner)) await this.command('stop', symbol);
      if (this.mustTell(owner)) await this.tellAgain(owner, symbol);
    } catch (error) {
      log.warn({ code: 'PORTABLE_SYMBOL', ...of, cause: messageOf(error) }, 'Part of a portable plugin could not be started again.');
      if (error instanceof NoAnswer) this.kill(messageOf(error));
      else if (!(error instanceof PluginGone)) this.renewal.plan(owner);
    }
  }

  private async command(cmd: 'start' | 'stop', symbol: PluginSymbol): Promise<void> {
    const control = await this.control!;
    const answer = (await control.ask(JSON.stringify({ cmd, arg: JSON.stringify(symbol) }), COMMAND_LIMIT_MS)).toString();
    if (answer !== 'ok')
      throw new GatewayError('PORTABLE_START', {
        plugin: this.deps.info.name,
        problem: `${cmd} of ${symbol.symbolName}: ${answer.slice(-MAX_OUTPUT_CHARS)}`,
      });
  }
}

function killGroup(child: ChildProcess | undefined): void {
  if (child?.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // the group is gone already
  }
}
