// /rules/{id}/parked and `kuiper parked`: paths, answers, flags and what is refused.
import { expect, it } from 'vitest';
import type { CliError } from '../../src/cli/cli-error.ts';
import { parkedDrop, parkedList, parkedRetry, parkedShow } from '../../src/cli/commands/parked.ts';
import type { OutputForm } from '../../src/cli/output.ts';
import type { RestRequest } from '../../src/rest/request.ts';
import { createRouter } from '../../src/rest/router.ts';
import { parkedRoutes } from '../../src/rest/routes/parked.ts';
import type { RuleService } from '../../src/service/index.ts';
import { cliContext } from '../helpers/cli-context.ts';

const row = {
  sink: 'mqtt_0',
  id: 3,
  rows: 1,
  bytes: 9,
  reason: 'too large',
  tries: 2,
  atMs: 0,
  parkedAtMs: 1000,
  keys: [],
  overtaken: true,
};

function rest() {
  const calls: string[] = [];
  const log = (...parts: unknown[]) => void calls.push(parts.join(' '));
  const rules = {
    parkedRows: (id: string) => ({
      list: async () => (id === 'empty' ? [] : [row]),
      show: async (sink: string, n: number) => ({ ...row, sink, id: n, data: 'x' }),
      retry: async (sink: string, n: number, force: boolean) => log('retry', id, sink, n, force),
      drop: async (sink: string, n: number) => log('drop', id, sink, n),
      retryAll: async (force: boolean) => {
        log('retry all', id, force);
        return { delivered: 2, failed: [{ sink: 'mqtt_0', id: 3, reason: 'no' }] };
      },
      dropAll: async () => 4,
    }),
  } as unknown as RuleService;
  const router = createRouter(parkedRoutes(rules));
  const call = async (method: string, target: string): Promise<string> => {
    const [path, query] = target.split('?');
    const match = router.match(method, path!);
    if (typeof match === 'string') throw new Error(`${method} ${target}: ${match}`);
    const request = { method, path, params: match.params, query: new URLSearchParams(query ?? ''), headers: {}, body: new Uint8Array() };
    return String((await match.route.handle(request as RestRequest)).body);
  };
  const printed: string[] = [];
  const context = (args: string[], flags: Record<string, true> = {}, form: OutputForm = 'ekuiper') =>
    cliContext(
      {
        args,
        flags,
        print: (text: string) => void printed.push(text),
        client: {
          hasToken: false,
          events: async () => undefined,
          url: '',
          call,
          bytes: async (m: string, p: string) => Buffer.from(await call(m, p)),
          json: async <T>(m: string, p: string) => JSON.parse(await call(m, p)) as T,
        },
      },
      form,
    );
  return { calls, call, printed, context };
}

it('REST lists, shows, retries and drops parked rows, one or all, with and without force', async () => {
  const { call, calls } = rest();
  expect(JSON.parse(await call('GET', '/rules/r/parked'))).toEqual([row]);
  expect(JSON.parse(await call('GET', '/rules/r/parked/mqtt_0/7'))).toEqual({ ...row, id: 7, data: 'x' });
  expect(await call('POST', '/rules/r/parked/mqtt_0/3/retry')).toBe('Parked row 3 of sink mqtt_0 is delivered.');
  await call('POST', '/rules/r/parked/mqtt_0/3/retry?force=true');
  expect(await call('DELETE', '/rules/r/parked/mqtt_0/3')).toBe('Parked row 3 of sink mqtt_0 is dropped.');
  expect(JSON.parse(await call('POST', '/rules/r/parked/retry?force=true'))).toEqual({
    delivered: 2,
    failed: [{ sink: 'mqtt_0', id: 3, reason: 'no' }],
  });
  expect(JSON.parse(await call('DELETE', '/rules/r/parked'))).toEqual({ dropped: 4 });
  expect(calls).toEqual(['retry r mqtt_0 3 false', 'retry r mqtt_0 3 true', 'drop r mqtt_0 3', 'retry all r true']);
});

it('REST refuses a number of a parked row that is none, before anything happens', async () => {
  const { call, calls } = rest();
  for (const n of ['x', '-1', '1.5', '1e3', '9'.repeat(16)])
    await expect(call('POST', `/rules/r/parked/mqtt_0/${n}/retry`)).rejects.toMatchObject({ code: 'PARKED_NOT_FOUND' });
  expect(calls).toEqual([]);
});

it('the CLI prints parked rows one a line, and says what it did', async () => {
  const { printed, context, calls } = rest();
  await parkedList.run(context(['r']));
  await parkedList.run(context(['empty']));
  await parkedList.run(context(['r'], {}, 'json'));
  await parkedRetry.run(context(['r', 'mqtt_0', '3']));
  await parkedRetry.run(context(['r', 'mqtt_0', '3'], { force: true }));
  await parkedRetry.run(context(['r'], { all: true }));
  await parkedDrop.run(context(['r', 'mqtt_0', '3']));
  await parkedDrop.run(context(['r'], { all: true }));
  await parkedShow.run(context(['r', 'mqtt_0', '3']));
  expect(printed).toEqual([
    'mqtt_0 3  1970-01-01T00:00:01.000Z  too large, tried 2 times since, a newer row was delivered',
    'No rows are parked.',
    JSON.stringify([row], undefined, 2),
    'Parked row 3 of sink mqtt_0 is delivered.',
    'Parked row 3 of sink mqtt_0 is delivered.',
    'Delivered 2 parked rows.',
    'mqtt_0 3 stays parked: no',
    'Parked row 3 of sink mqtt_0 is dropped.',
    'Discarded 4 parked rows.',
    JSON.stringify({ ...row, data: 'x' }, undefined, 2),
  ]);
  expect(calls).toEqual(['retry r mqtt_0 3 false', 'retry r mqtt_0 3 true', 'retry all r false', 'drop r mqtt_0 3']);
});

it('the CLI says which argument is missing', async () => {
  const { context } = rest();
  const told = (work: Promise<void>) => work.then(undefined, (error: CliError) => `${error.kind}: ${error.message}`);
  expect(await told(parkedList.run(context([])))).toBe('usage: Expect rule name.');
  for (const command of [parkedShow, parkedRetry, parkedDrop])
    expect(await told(command.run(context(['r', 'mqtt_0'])))).toBe(
      'usage: Expect the sink and the number of the row, such as mqtt_0 3; `kuiper parked list RULE` shows them.',
    );
});
