// Rows of a SELECT as they come: a trial rule of the gateway and its event stream. Used by `kuiper query`, `tail` and `plugin dev`.
import { CliError } from './cli-error.ts';
import type { Client } from './client.ts';

export interface Following {
  /** Ends when the gateway ends it or after `stop`. */
  readonly done: Promise<void>;
  stop(): Promise<void>;
}

/** @param id of the trial; one of the same id is replaced  @param row one event, JSON text
 *  @throws CliError when the SELECT is refused */
export async function followSelect(client: Client, id: string, sql: string, row: (json: string) => void): Promise<Following> {
  const { port } = await client.json<{ port: number }>('POST', '/ruletest', JSON.stringify({ id, sql, sinkProps: { sendSingle: true } }));
  const results = new URL(client.url);
  results.port = String(port);
  results.pathname = `/test/${id}`;
  const end = new AbortController();
  const answer = await fetch(results, { signal: end.signal, headers: { Accept: 'text/event-stream' } });
  if (!answer.body) throw new CliError('The gateway sends no results.', 'refused');
  await client.call('POST', `/ruletest/${id}/start`);
  const done = readEvents(answer.body, row).catch((error: unknown) => {
    if (!end.signal.aborted) throw error;
  });
  return {
    done,
    async stop() {
      end.abort();
      await client.call('DELETE', `/ruletest/${id}`);
    },
  };
}

/** Reads an event stream to its end. @param row the data of one event */
export async function readEvents(body: ReadableStream<Uint8Array>, row: (json: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    const events = rest.split('\n');
    rest = events.pop()!;
    for (const event of events) if (event.startsWith('data:')) row(event.slice(5).trim());
  }
}
