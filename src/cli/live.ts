// A page of text that is drawn again and again on a terminal, and Ctrl-C or q as its end. In a pipe each page is printed once.
// Used by `kuiper top`.
import type { Io } from './output.ts';

/** Draws `page` every `intervalMs` until the user ends it, or once when the output is no terminal.
 *  @param page the text for so many columns and lines  @param over ends it as well, after a last page */
export async function live(
  io: Io,
  intervalMs: number,
  page: (columns: number, lines: number) => Promise<string>,
  over?: Promise<void>,
): Promise<void> {
  if (!io.terminal) {
    io.out(await page(io.columns ?? 100, Number.POSITIVE_INFINITY));
    return;
  }
  const { stdin, stdout } = process;
  let ended = false;
  let wake: (() => void) | undefined;
  const end = () => {
    ended = true;
    wake?.();
  };
  void over?.then(end);
  const again = () => wake?.();
  const key = (bytes: Buffer) => {
    if (bytes.includes(3) || bytes.toString() === 'q') end();
  };
  process.once('SIGINT', end).once('SIGTERM', end);
  stdout.on('resize', again);
  if (stdin.isTTY) stdin.setRawMode(true).resume().on('data', key);
  // the alternate screen, without a cursor: what was on the terminal is there again afterwards
  stdout.write('\u001b[?1049h\u001b[?25l');
  try {
    while (!ended) {
      const text = await page(stdout.columns ?? 100, stdout.rows ?? 24);
      stdout.write(
        `\u001b[H${text
          .split('\n')
          .map((l) => `${l}\u001b[K`)
          .join('\r\n')}\u001b[J`,
      );
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, intervalMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  } finally {
    stdout.write('\u001b[?25h\u001b[?1049l');
    stdout.off('resize', again);
    process.off('SIGINT', end).off('SIGTERM', end);
    if (stdin.isTTY) stdin.setRawMode(false).off('data', key).pause();
  }
}
