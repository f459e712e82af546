// A root folder with plugins and the real kuiperd on it, for tests that do what a user does with a terminal.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningDaemon, runDaemon } from '../../daemon/daemon-process.ts';

export type Kind = 'sources' | 'sinks' | 'functions';

export interface PluginRoot {
  readonly root: string;
  readonly daemon: RunningDaemon;
  start(env?: Record<string, string>): Promise<RunningDaemon>;
  /** Writes a plugin file as a copy program does: straight into its place. */
  put(kind: Kind | '', file: string, text: string): void;
  remove(kind: Kind, file: string): void;
  get<T = any>(path: string): Promise<T>;
  stream(name: string, type: string, options?: string): Promise<void>;
  rule(id: string, sql: string, actions: unknown[], options?: unknown): Promise<void>;
  /** Lines that the sink `toFile` wrote. */
  lines(): any[];
  describe(kind: Kind, name: string): Promise<any>;
  close(): Promise<void>;
}

/** A source that counts, with its position in its state: a gap in the numbers is a lost row. */
export const TICKER = `
export class Ticker {
  configure(datasource: string, props: Record<string, unknown>) { this.ms = Number(props['every'] ?? 20); }
  ms = 20; timer: NodeJS.Timeout | undefined;
  open(ctx: any, emit: any) {
    this.timer = setInterval(() => { ctx.incrCounter('n', 1); void emit({ n: ctx.getCounter('n'), text: 'one two three' }); }, this.ms);
  }
  close() { clearInterval(this.timer); }
}`;

/** A sink that appends JSON lines to <root>/<file>. */
export const TO_FILE = `
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
export class ToFile {
  file = 'out.jsonl';
  configure(props: any) { this.file = props.file ?? 'out.jsonl'; }
  open() {}
  collect(ctx: any, data: any) { appendFileSync(join(ctx.getRootPath(), this.file), [data].flat().map((r: any) => JSON.stringify(r) + '\\n').join('')); }
  close() {}
}`;

/** @param mode how plugins run on which nobody has decided */
export function makePluginRoot(mode: 'trusted' | 'contained' | 'restricted' = 'contained'): PluginRoot {
  const root = mkdtempSync(join(tmpdir(), 'kuiper-plugins-'));
  for (const k of ['sources', 'sinks', 'functions']) mkdirSync(join(root, 'plugins', k), { recursive: true });
  let daemon: RunningDaemon | undefined;
  const own: PluginRoot = {
    root,
    get daemon() {
      return daemon!;
    },
    async start(env) {
      daemon = await runDaemon(root, { KUIPER__BASIC__ALLOWEXTERNALFILEACCESS: 'true', KUIPER__PLUGINS__DEFAULT: mode, ...env });
      return daemon;
    },
    put: (kind, file, text) => writeFileSync(join(root, 'plugins', kind, file), text),
    remove: (kind, file) => rmSync(join(root, 'plugins', kind, file)),
    async get(path) {
      const { text, status } = await daemon!.call('GET', path);
      if (status >= 300) throw new Error(`${path}: ${status} ${text}`);
      return JSON.parse(text);
    },
    async stream(name, type, options = '') {
      const sql = `CREATE STREAM ${name} () WITH (TYPE="${type}", DATASOURCE="x", FORMAT="json"${options})`;
      const { status, text } = await daemon!.call('POST', '/streams', { sql });
      if (status !== 201) throw new Error(text);
    },
    async rule(id, sql, actions, options = {}) {
      const { status, text } = await daemon!.call('POST', '/rules', { id, sql, actions, options });
      if (status !== 201) throw new Error(text);
    },
    lines: () => readJsonLines(join(root, 'out.jsonl')),
    describe: (kind, name) => own.get(`/plugins/${kind}/${name}`),
    async close() {
      if (daemon?.child.exitCode === null && daemon.child.signalCode === null) await daemon.stop();
      rmSync(root, { recursive: true, force: true });
    },
  };
  return own;
}

export function readJsonLines(file: string): any[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((l) => l !== '')
    .map((l) => JSON.parse(l) as unknown);
}

/** Puts a file in place as rsync and mv do: written beside it under another name, then renamed. */
export function putByRename(root: string, kind: Kind, file: string, text: string): void {
  const folder = join(root, 'plugins', kind);
  writeFileSync(join(folder, `.${file}.Ab12Cd`), text);
  renameSync(join(folder, `.${file}.Ab12Cd`), join(folder, file));
}

/** Waits until `test` is true. @returns how long it took, ms */
export async function until(what: string, test: () => boolean | Promise<boolean>, limitMs = 10_000): Promise<number> {
  const beganMs = performance.now();
  for (;;) {
    if (await test()) return performance.now() - beganMs;
    if (performance.now() - beganMs > limitMs) throw new Error(`${what}: not within ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Numbers that are missing or doubled in a row of counted rows. */
export function gaps(numbers: readonly number[]): string[] {
  const out: string[] = [];
  for (let i = 1; i < numbers.length; i++) if (numbers[i] !== numbers[i - 1]! + 1) out.push(`${numbers[i - 1]} → ${numbers[i]}`);
  return out;
}
