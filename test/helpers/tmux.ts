// A real terminal for tests of the command line: a tmux server of its own, whose screen is read and whose keys are typed.
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { havePart } from './parts.ts';

export const haveTmux = havePart('tmux', 'tmux');

export interface Terminal {
  /** What is on the screen, lines without blanks at their ends. */
  screen(): string;
  /** Names of keys as tmux has them (Enter, Up, C-c), or text. */
  keys(...keys: string[]): void;
  type(text: string): void;
  resize(columns: number, lines: number): void;
  /** Waits until the screen fits. A busy machine is slow: never short. */
  see(what: RegExp | ((screen: string) => boolean), why?: string): Promise<string>;
  /** Whether the cursor is seen, and whether a program has taken the whole screen. */
  modes(): { cursor: boolean; alternate: boolean };
  end(): void;
}

const PATIENCE_MS = 20_000;

/** @param command of the shell */
export function openTerminal(command: string, env: Record<string, string>, columns = 100, lines = 30): Terminal {
  const name = `kuiper-test-${randomUUID().slice(0, 8)}`;
  const tmux = (...args: string[]) =>
    execFileSync('tmux', ['-L', name, '-f', '/dev/null', ...args], { encoding: 'utf8', env: { ...env, LC_ALL: 'C.UTF-8' } });
  const set = Object.entries(env).flatMap(([k, v]) => ['-e', `${k}=${v}`]);
  tmux('new-session', '-d', '-x', String(columns), '-y', String(lines), ...set, command);
  const screen = () =>
    tmux('capture-pane', '-p')
      .split('\n')
      .map((l) => l.trimEnd())
      .join('\n')
      .trimEnd();
  return {
    screen,
    keys: (...keys) => void tmux('send-keys', ...keys),
    type: (text) => void tmux('send-keys', '-l', '--', text),
    resize: (x, y) => void tmux('resize-window', '-x', String(x), '-y', String(y)),
    async see(what, why = String(what)) {
      const fits = (text: string) => (typeof what === 'function' ? what(text) : what.test(text));
      for (const endMs = performance.now() + PATIENCE_MS; ; await sleep(50)) {
        const text = screen();
        if (fits(text)) return text;
        if (performance.now() > endMs) throw new Error(`${why} is not on the screen:\n${text}`);
      }
    },
    modes() {
      const [cursor, alternate] = tmux('display-message', '-p', '#{cursor_flag} #{alternate_on}').trim().split(' ');
      return { cursor: cursor === '1', alternate: alternate === '1' };
    },
    end: () => void tmux('kill-server'),
  };
}
