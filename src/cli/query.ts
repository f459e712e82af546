// `kuiper query`: SELECT statements typed at a prompt; results are printed as they come. The query runs as a trial rule of the
// gateway (events.ts). `quit` or `exit` leaves; a new query ends the one before.
import { createInterface } from 'node:readline';
import type { Client } from './client.ts';
import { type Following, followSelect } from './events.ts';

const QUERY_RULE = 'internal-ekuiper_query_rule';

const HELP = `SELECT …      run a query and print its rows until the next one
show streams  also: show tables
quit          leave (or exit, Ctrl-D)`;

export async function runQueryPrompt(client: Client, print: (text: string) => void): Promise<void> {
  const lines = createInterface({
    input: process.stdin,
    output: process.stdout,
    prompt: 'kuiper > ',
    terminal: process.stdin.isTTY === true,
  });
  let running: Following | undefined;
  const end = async () => {
    const ending = running;
    running = undefined;
    await ending?.stop();
  };
  lines.prompt();
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
            running = await followSelect(client, QUERY_RULE, sql, print);
            const mine = running;
            print('Query was submit successfully.');
            void mine.done.catch((error: unknown) => print(`query rule is stopped: ${(error as Error).message}`));
          }
        } catch (error) {
          print((error as Error).message);
        }
      }
      lines.prompt();
    }
  } finally {
    lines.close();
    await end();
  }
}
