// `kuiper query`: SELECT statements typed at a prompt; results are printed above it as they come. The query runs as a trial rule of the gateway
// (events.ts). On a terminal lines are edited, Tab completes, and what was typed is there again next time (query-history.ts). Ctrl-C ends the query
// that runs, then the prompt; `quit`, `exit` or Ctrl-D leave; a new query ends the one before.

import { createInterface, type Interface } from 'node:readline';
import { messageOf } from '../base/errors/gateway-error.ts';
import type { Environment } from '../config/index.ts';
import type { Client } from './client.ts';
import { type Following, followSelect } from './events.ts';
import { MAX_LINES, readHistory, writeHistory } from './query-history.ts';
import { safe } from './table.ts';

const QUERY_RULE = 'internal-ekuiper_query_rule';

const HELP = `SELECT …      run a query and print its rows until the next one
show streams  also: show tables
Tab           completes names of streams, columns and functions
Ctrl-C        ends the query that runs
quit          leave (or exit, Ctrl-D)`;

interface Completion {
  start: number;
  end: number;
  items: { label: string; insert: string }[];
}

export async function runQueryPrompt(client: Client, print: (text: string) => void, env: Environment): Promise<void> {
  const terminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
  const lines = createInterface({
    input: process.stdin,
    output: process.stdout,
    prompt: 'kuiper > ',
    terminal,
    history: terminal ? readHistory(env) : [],
    historySize: MAX_LINES,
    removeHistoryDuplicates: true,
    completer: (line: string, done: (error: null, result: [string[], string]) => void) => {
      completionsOf(client, line).then(
        (found) => done(null, found),
        () => done(null, [[], line]), // the gateway does not answer: nothing to offer
      );
    },
  });
  if (terminal) lines.on('history', (history: string[]) => writeHistory(env, history));
  const say = (text: string) => (terminal && !closed ? above(lines, safe(text), print) : print(text));
  let running: Following | undefined;
  let closed = false;
  lines.on('close', () => (closed = true));
  const prompt = (keepPlace = false) => {
    if (!closed) lines.prompt(keepPlace);
  };
  const end = async () => {
    const ending = running;
    running = undefined;
    await ending?.stop();
  };
  lines.on('SIGINT', () => {
    if (running === undefined && lines.line === '') return lines.close();
    // what was typed is let go, as shells do
    lines.write(null, { ctrl: true, name: 'u' });
    end().then(
      () => prompt(),
      (error: unknown) => say(messageOf(error)),
    );
  });
  prompt();
  try {
    for await (const line of lines) {
      const sql = line.trim().replace(/;$/, '');
      if (/^(quit|exit)$/i.test(sql)) break;
      if (/^help$/i.test(sql)) print(HELP);
      else if (sql !== '') {
        try {
          await end();
          if (/^show\s+(streams|tables)$/i.test(sql)) print(await client.call('POST', '/streams', JSON.stringify({ sql })));
          else {
            running = await followSelect(client, QUERY_RULE, sql, say);
            const mine = running;
            print('Query was submit successfully.');
            void mine.done.catch((error: unknown) => say(`query rule is stopped: ${messageOf(error)}`));
          }
        } catch (error) {
          print(messageOf(error));
        }
      }
      prompt();
    }
  } finally {
    lines.close();
    await end();
  }
}

/** Prints above the line that is being typed, which stays as it is. */
function above(lines: Interface, text: string, print: (text: string) => void): void {
  process.stdout.write('\r\u001b[K');
  print(text);
  lines.prompt(true);
}

/** What may stand where the line ends. @returns as readline wants it: texts, and the part of the line that they replace */
async function completionsOf(client: Client, line: string): Promise<[string[], string]> {
  const { start, items } = await client.json<Completion>('POST', '/sql/complete', JSON.stringify({ sql: line, offset: line.length }));
  return [items.map((i) => i.insert), line.slice(start)];
}
