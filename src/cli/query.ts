// `kuiper query`: SELECT statements typed at a prompt; results are printed as they come. The query runs as a trial rule of the
// gateway, whose results are a stream of server-sent events. `quit` or `exit` leaves; a new query ends the one before.
import { createInterface } from 'node:readline';
import { CliError } from './cli-error.ts';
import type { Client } from './client.ts';

const QUERY_RULE = 'internal-ekuiper_query_rule';

export async function runQueryPrompt(client: Client, print: (text: string) => void): Promise<void> {
  const lines = createInterface({ input: process.stdin, output: process.stdout, prompt: 'kuiper > ' });
  let running: AbortController | undefined;
  const end = async () => {
    running?.abort();
    running = undefined;
    await client.call('DELETE', `/ruletest/${QUERY_RULE}`);
  };
  lines.prompt();
  try {
    for await (const line of lines) {
      const sql = line.trim();
      if (/^(quit|exit)$/i.test(sql)) break;
      if (sql !== '') {
        try {
          if (running) await end();
          running = new AbortController();
          await begin(client, sql, running.signal, print);
        } catch (error) {
          print((error as Error).message);
        }
      }
      lines.prompt();
    }
  } finally {
    lines.close();
    if (running) await end();
  }
}

async function begin(client: Client, sql: string, signal: AbortSignal, print: (text: string) => void): Promise<void> {
  const { port } = await client.json<{ port: number }>(
    'POST',
    '/ruletest',
    JSON.stringify({ id: QUERY_RULE, sql, sinkProps: { sendSingle: true } }),
  );
  const results = new URL(client.url);
  results.port = String(port);
  results.pathname = `/test/${QUERY_RULE}`;
  const answer = await fetch(results, { signal, headers: { Accept: 'text/event-stream' } });
  if (!answer.body) throw new CliError('The gateway sends no results.', 'refused');
  await client.call('POST', `/ruletest/${QUERY_RULE}/start`);
  print('Query was submit successfully.');
  void printEvents(answer.body, print).catch((error: unknown) => {
    if (!signal.aborted) print(`query rule is stopped: ${(error as Error).message}`);
  });
}

async function printEvents(body: ReadableStream<Uint8Array>, print: (text: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    const events = rest.split('\n');
    rest = events.pop()!;
    for (const event of events) if (event.startsWith('data:')) print(event.slice(5).trim());
  }
}
