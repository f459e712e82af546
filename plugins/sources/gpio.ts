// Input lines of the board, by `gpiomon` and `gpioget` of the Debian package gpiod (1.6 and 2). One row per change, and one for each line's level
// when the source opens. The kernel keeps and stamps the changes, so a short pulse is two rows. Not tried on a real board.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { defineSource, type Emit } from '@kuiper-gateway/plugin';

interface Line {
  offset: number;
  name: string;
}

/** Words of the two versions for the same thing. */
interface Dialect {
  monitor: string[];
  read: string[];
}

const BIAS = { 'as-is': undefined, 'pull-up': 'pull-up', 'pull-down': 'pull-down', disabled: 'disabled' } as const;
/** gpiomon's number of a rising edge; falling is 2, or 0 in version 1. */
const RISING = '1';
const TOOL_TIMEOUT_MS = 5_000;

export const Gpio = defineSource({
  doc: 'Input lines of the board (GPIO): a row for each change.',
  options: {
    lines: { type: 'string[]', doc: 'Lines to watch, as offset or name=offset: ["door=17", "27"].', required: true },
    chip: { type: 'string', doc: 'Chip that has the lines; gpiodetect lists them.', default: 'gpiochip0' },
    edges: { type: 'string', doc: 'Which changes are rows.', default: 'both', oneOf: ['both', 'rising', 'falling'] },
    bias: { type: 'string', doc: 'Resistor inside the chip.', default: 'as-is', oneOf: ['as-is', 'pull-up', 'pull-down', 'disabled'] },
    activeLow: { type: 'bool', doc: 'A line at 0 V counts as 1.', default: false },
    debounce: { type: 'duration', doc: 'A level must hold so long to be a change; needs gpiod 2.', default: 0, min: 0 },
    initial: { type: 'bool', doc: 'Also a row per line with its level when the source opens.', default: true },
  },
  create() {
    let lines: Line[] = [];
    let chip = '';
    let o: { edges: string; bias: keyof typeof BIAS; activeLow: boolean; debounce: number; initial: boolean };
    let monitor: ChildProcess | undefined;

    const dialect = (version: number): Dialect => {
      const bias = BIAS[o.bias];
      if (version >= 2)
        return {
          monitor: [
            ...['--chip', chip, '--edges', o.edges, '--event-clock', 'realtime', '--format', '%e %o %S'],
            ...(bias ? ['--bias', bias] : []),
            ...(o.activeLow ? ['--active-low'] : []),
            ...(o.debounce > 0 ? ['--debounce-period', `${o.debounce}ms`] : []),
            ...lines.map((l) => String(l.offset)),
          ],
          read: ['--chip', chip, '--numeric', ...(bias ? ['--bias', bias] : []), ...(o.activeLow ? ['--active-low'] : [])],
        };
      if (o.debounce > 0)
        throw new Error(`debounce needs gpiod 2; this is gpiod ${version}. Leave debounce out, or settle the level in a rule`);
      const old = [...(bias ? [`--bias=${bias === 'disabled' ? 'disable' : bias}`] : []), ...(o.activeLow ? ['--active-low'] : [])];
      return {
        monitor: [
          ...['--line-buffered', '--format=%e %o %s.%n', ...old],
          ...(o.edges === 'both' ? [] : [`--${o.edges}-edge`]),
          ...[chip, ...lines.map((l) => String(l.offset))],
        ],
        read: [...old, chip],
      };
    };
    const rowOf = (line: Line, value: number, more: Record<string, unknown>) => ({ line: line.name, offset: line.offset, value, ...more });

    const readLevels = async (d: Dialect, emit: Emit): Promise<void> => {
      const levels = (await run('gpioget', [...d.read, ...lines.map((l) => String(l.offset))])).trim().split(/\s+/);
      if (levels.length !== lines.length || levels.some((l) => l !== '0' && l !== '1'))
        throw new Error(`gpioget answered "${levels.join(' ')}" for ${lines.length} lines`);
      await emit(lines.map((line, i) => rowOf(line, Number(levels[i]), { edge: null, at: new Date() })));
    };

    return {
      configure({ options }) {
        lines = options.lines.map(lineOf);
        const twice = lines.find((l, i) => lines.some((other, at) => at < i && (other.offset === l.offset || other.name === l.name)));
        if (lines.length === 0) throw new Error('lines is empty: name at least one, as ["door=17"]');
        if (twice) throw new Error(`line ${twice.name} (${twice.offset}) is named twice`);
        if (!/^[\w./-]+$/.test(options.chip) || options.chip.startsWith('-'))
          throw new Error(`"${options.chip}" is not the name of a chip; gpiodetect lists them`);
        chip = options.chip;
        o = { ...options, bias: options.bias as keyof typeof BIAS };
      },
      async open(ctx, emit, fail) {
        const d = dialect(await versionOf());
        if (o.initial) await readLevels(d, emit);
        const child = spawn('gpiomon', d.monitor, { stdio: ['ignore', 'pipe', 'pipe'] });
        monitor = child;
        let complaint = '';
        child.stderr.on('data', (text: Buffer) => {
          complaint = (complaint + text.toString()).slice(-500);
        });
        const byOffset = new Map(lines.map((l) => [String(l.offset), l]));
        const output = createInterface({ input: child.stdout });
        void (async () => {
          for await (const text of output) {
            const [event, offset, at] = text.trim().split(/\s+/);
            const line = byOffset.get(offset ?? '');
            if (!line || !at) {
              ctx.getLogger().warn(`gpiomon printed a line that is no event: ${text}`);
              continue;
            }
            const rising = event === RISING;
            await emit(rowOf(line, rising ? 1 : 0, { edge: rising ? 'rising' : 'falling', at: new Date(momentOf(at)) }));
          }
        })().catch(fail);
        child.on('error', (error) => fail(missing('gpiomon', error)));
        child.on('close', (code) => {
          if (monitor === child) fail(new Error(`gpiomon ended (${code ?? 'killed'}): ${complaint.trim() || 'it said nothing'}`));
        });
      },
      close() {
        const child = monitor;
        monitor = undefined;
        child?.kill();
      },
    };
  },
});

/** `17` or `door=17`. */
function lineOf(text: string): Line {
  const m = /^(?:([\p{L}_][\p{L}\d_.-]*)=)?(\d{1,4})$/u.exec(text.trim());
  if (!m) throw new Error(`"${text}" is not a line: write its offset, or name=offset, as door=17`);
  return { offset: Number(m[2]), name: m[1] ?? m[2]! };
}

/** gpiod 1 stamps with the time since boot on older kernels, and with seconds.nanoseconds; a time before 2001 cannot be the clock's. */
function momentOf(seconds: string): number {
  const ms = Number(seconds.replace(/\.(\d+)$/, (_, n: string) => `.${n.padStart(9, '0')}`)) * 1000;
  return ms > 1e12 ? Math.round(ms) : Date.now();
}

async function versionOf(): Promise<number> {
  const text = await run('gpiomon', ['--version']);
  const version = Number(/v(\d+)\./.exec(text)?.[1]);
  if (!Number.isInteger(version)) throw new Error(`gpiomon --version answered "${text.split('\n')[0]}"`);
  return version;
}

function run(tool: string, args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(tool, args, { timeout: TOOL_TIMEOUT_MS }, (error, stdout, stderr) => {
      if (!error) resolve(stdout);
      else if ('code' in error && error.code === 'ENOENT') reject(missing(tool, error));
      else reject(new Error(`${tool}: ${stderr.trim() || error.message}`));
    });
  });
}

function missing(tool: string, error: Error): Error {
  return new Error(`${tool} cannot be started (${error.message}): install it with "apt install gpiod"`);
}
