// `kuiper plugin dev`: the loop of an author. Checks, packs and pushes the plugin with every change of its files, runs it in a trial rule, and shows its
// rows, its log and its errors with the author's own lines. Ends with Ctrl-C. Next: push.ts, ../../service/trial (the rule).
import { type FSWatcher, watch } from 'node:fs';
import { relative } from 'node:path';
import { messageOf } from '../../base/errors/gateway-error.ts';
import { CliError } from '../cli-error.ts';
import { type Client, createClient } from '../client.ts';
import { readEvents } from '../events.ts';
import { locatePlugin } from './locate.ts';
import { type Packed, packPlugin } from './pack.ts';
import { pushOverRest, pushOverSsh, type SshTarget, tunnel } from './push.ts';

export interface DevOptions {
  given: string | undefined;
  /** SELECT that uses it; default: everything of a source, a call with the first columns for a function. */
  sql: string | undefined;
  /** Rows of the stream `dev` that functions and sinks get. */
  rows: readonly Record<string, unknown>[];
  /** Options of the source or sink. */
  props: Record<string, unknown>;
  ssh: SshTarget | undefined;
  token: string | undefined;
}

export interface LogLine {
  atMs: number;
  number: number;
  level: string;
  text: string;
  times: number;
}

const SETTLE_MS = 120;
const LOOK_MS = 300;
const IGNORED = /(?:^|\/)(?:node_modules|\.git|vendor)(?:\/|$)|\.zip$|\.key(?:\.pub)?$|~$|(?:^|\/)\.[^/]*$/;

/** @param signal ends it  @param print one line */
export async function runDev(client: Client, o: DevOptions, signal: AbortSignal, print: (text: string) => void): Promise<void> {
  const { folder } = locatePlugin(o.given);
  let reached = client;
  const open: { close(): void }[] = [];
  if (o.ssh) {
    const way = await tunnel(o.ssh.host, Number(new URL(client.url).port || 9081));
    open.push(way);
    reached = createClient({ url: `http://127.0.0.1:${way.port}`, token: o.token });
  }
  let trial: Trial | undefined;
  let running: Promise<void> = Promise.resolve();
  let due: NodeJS.Timeout | undefined;
  const again = (why: string) => {
    running = running.then(async () => {
      if (signal.aborted) return;
      print(`— ${why}`);
      try {
        const packed = await packPlugin(o.given);
        await trial?.end();
        trial = undefined;
        const beganMs = performance.now();
        if (o.ssh) print(await pushOverSsh(o.ssh, pushed(packed)));
        else for (const line of await pushOverRest(reached, pushed(packed))) print(line);
        print(`live after ${Math.round(performance.now() - beganMs)} ms: ${packed.file}`);
        trial = await beginTrial(reached, packed, o, print);
      } catch (error) {
        if (!(error instanceof CliError)) throw error;
        print(`${error.message}\n  (the previous version keeps running; waiting for a change)`);
      }
    });
    return running;
  };
  const watcher: FSWatcher = watch(folder, { recursive: true }, (_event, name) => {
    if (name === null || IGNORED.test(name)) return;
    clearTimeout(due);
    due = setTimeout(() => void again(`${relative('.', name)} changed`).catch((error: unknown) => print(messageOf(error))), SETTLE_MS);
  });
  const ended = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  try {
    await again(`watching ${folder}; Ctrl-C ends it`);
    await ended;
  } finally {
    clearTimeout(due);
    watcher.close();
    await running.catch(() => undefined); // it has been shown
    await trial?.end();
    for (const way of open) way.close();
  }
}

const pushed = ({ facts, zip }: Packed) => ({
  kind: facts.kind,
  name: facts.name,
  zip,
  ...(facts.functions.length > 1 ? { functions: facts.functions.map((f) => f.slice(0, 1).toLowerCase() + f.slice(1)) } : {}),
});

interface Trial {
  end(): Promise<void>;
}

async function beginTrial(client: Client, { facts }: Packed, o: DevOptions, print: (text: string) => void): Promise<Trial> {
  const { kind, name } = facts;
  const id = `dev_${name}`;
  const stream = kind === 'sources' ? `dev_${name}` : 'dev';
  const stop = new AbortController();
  const quietly = (method: string, path: string) => client.call(method, path).catch((error: unknown) => void (error instanceof CliError));
  await quietly('DELETE', `/ruletest/${id}`);
  if (kind === 'sinks') await quietly('DELETE', `/rules/${id}`);
  await quietly('DELETE', `/streams/${stream}`);
  const type = kind === 'sources' ? name : 'simulator';
  if (kind === 'sources' || kind === 'sinks')
    await client.call(
      'PUT',
      `/metadata/sources/${type}/confKeys/kuiper_dev`,
      JSON.stringify(kind === 'sources' ? o.props : { data: o.rows, interval: '1s', loop: true }),
    );
  await client.call(
    'POST',
    '/streams',
    JSON.stringify({
      sql: `CREATE STREAM ${stream} () WITH (TYPE="${type}", DATASOURCE="dev", FORMAT="json", CONF_KEY="kuiper_dev", SHARED="true")`,
    }),
  );
  const column = Object.keys(o.rows[0] ?? { text: '' })[0] ?? 'text';
  const sql = o.sql ?? (kind === 'functions' ? `SELECT *, ${name}(${column}) AS result FROM dev` : `SELECT * FROM ${stream}`);
  print(sql);
  const body = {
    id,
    sql,
    sinkProps: { sendSingle: true },
    ...(kind === 'functions' ? { mockSource: { dev: { data: o.rows, interval: 1000, loop: true } } } : {}),
  };
  const { port } = await client.json<{ port: number }>('POST', '/ruletest', JSON.stringify(body));
  const way = o.ssh ? await tunnel(o.ssh.host, port) : undefined;
  const results = new URL(client.url);
  results.port = String(way?.port ?? port);
  results.pathname = `/test/${id}`;
  const answer = await fetch(results, {
    signal: stop.signal,
    headers: { Accept: 'text/event-stream', ...(o.token ? { Authorization: o.token } : {}) },
  });
  await client.call('POST', `/ruletest/${id}/start`);
  if (kind === 'sinks') await client.call('POST', '/rules', JSON.stringify({ id, sql, temp: true, actions: [{ [name]: { ...o.props } }] }));
  const following = Promise.all([
    showRows(answer.body!, print),
    followLog(client, kind, name, stop.signal, (line) => print(shownLine(line))),
  ]).catch((error: unknown) => {
    if (!stop.signal.aborted) print(`no more rows: ${messageOf(error)}`);
  });
  return {
    async end() {
      stop.abort();
      await following;
      way?.close();
      await quietly('DELETE', `/ruletest/${id}`);
      if (kind === 'sinks') await quietly('DELETE', `/rules/${id}`);
      await quietly('DELETE', `/streams/${stream}`);
      await quietly('DELETE', `/metadata/sources/${type}/confKeys/kuiper_dev`);
    },
  };
}

async function showRows(body: ReadableStream<Uint8Array>, print: (text: string) => void): Promise<void> {
  let lastMs = performance.now();
  await readEvents(body, (json) => {
    const nowMs = performance.now();
    print(`row +${Math.round(nowMs - lastMs)} ms  ${json}`);
    lastMs = nowMs;
  });
}

/** Prints new lines of a plugin's log until the signal. @param fromStart false: only what comes from now on */
export async function followLog(
  client: Client,
  kind: string,
  name: string,
  signal: AbortSignal,
  show: (line: LogLine) => void,
  fromStart = false,
): Promise<void> {
  const path = `/plugins/${kind}/${name}/logs`;
  let after = fromStart ? 0 : Math.max(0, ...(await client.json<LogLine[]>('GET', path)).map((l) => l.number));
  while (!signal.aborted) {
    for (const line of await client.json<LogLine[]>('GET', `${path}?after=${after}`)) {
      show(line);
      after = Math.max(after, line.number);
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, LOOK_MS);
      signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
    });
  }
}

export const shownLine = ({ level, text, times }: Pick<LogLine, 'level' | 'text' | 'times'>): string =>
  `${level.padEnd(5)} ${text}${times > 1 ? ` (${times} times)` : ''}`;
