// init.json: once per change, data before etc, faults are told and do not stop the start.
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createMemoryLog } from '../../src/base/log.ts';
import { importInitRulesets } from '../../src/service/transfer/init-ruleset.ts';
import { makeService } from './make-service.ts';

let made: Awaited<ReturnType<typeof makeService>>;
beforeEach(async () => {
  made = await makeService();
});
afterEach(() => made.close());

const stream = (name: string) => ({ [name]: `CREATE STREAM ${name} () WITH (DATASOURCE="x")` });

test('imports once per change of the file, data before etc', async () => {
  const folders = ['data', 'etc'].map((f) => join(made.root, f));
  for (const f of folders) mkdirSync(f, { recursive: true });
  const file = join(folders[0]!, 'init.json');
  writeFileSync(file, JSON.stringify({ streams: stream('a') }));
  writeFileSync(join(folders[1]!, 'init.json'), JSON.stringify({ streams: { ...stream('a'), ...stream('b') } }));
  const { log, lines } = createMemoryLog();
  const run = () => importInitRulesets(folders, made.service.ruleset, log);
  await run();
  expect(made.service.streams.names('stream')).toEqual(['a', 'b']);
  expect(lines.map((l) => [l['file'], l['streams']])).toEqual([
    [file, 1],
    [join(folders[1]!, 'init.json'), 1],
  ]);
  await made.call('DELETE', '/streams/a');
  await run();
  expect(made.service.streams.names('stream')).toEqual(['b']);
  utimesSync(file, 1_000, 1_000);
  await run();
  expect(made.service.streams.names('stream')).toEqual(['a', 'b']);
  expect(readdirSync(folders[0]!).filter((f) => f.startsWith('initialized'))).toEqual(['initialized1000000']);
});

test('a broken file is told once and not tried again until it changes', async () => {
  const folder = join(made.root, 'etc');
  writeFileSync(join(folder, 'init.json'), '{bad');
  const { log, lines } = createMemoryLog();
  await importInitRulesets([folder], made.service.ruleset, log);
  await importInitRulesets([folder], made.service.ruleset, log);
  expect(lines).toEqual([
    expect.objectContaining({ level: 'error', code: 'INIT_RULESET', reason: expect.stringContaining('init.json') as string }),
  ]);
});

test('a part that is refused does not keep the others', async () => {
  const folder = join(made.root, 'etc');
  writeFileSync(join(folder, 'init.json'), JSON.stringify({ streams: { bad: 'CREATE nope', ...stream('ok') } }));
  const { log, lines } = createMemoryLog();
  await importInitRulesets([folder], made.service.ruleset, log);
  expect(made.service.streams.names('stream')).toEqual(['ok']);
  expect(lines).toContainEqual(expect.objectContaining({ level: 'warn', name: 'bad' }));
});
