// Values that nobody should write, for every option of every connector: refused or taken, but never a fault of ours (REST would say 500).
import { describe, expect, it } from 'vitest';
import { connectors } from '../../src/connectors/index.ts';
import type { Props } from '../../src/contract/props.ts';
import { parseRuleOptions } from '../../src/runtime/index.ts';
import { parseRuleJson } from '../../src/service/rules/rule-json.ts';

const ODD: readonly unknown[] = [
  null,
  true,
  -1,
  Number.POSITIVE_INFINITY,
  10n ** 20n,
  [10n ** 20n],
  { a: 10n ** 20n },
  '',
  'x',
  '\0',
  '😀',
  '9'.repeat(400),
  '{{.a}}',
  '{{',
  '../../x',
  [],
  {},
  [1],
  [{}],
  [null],
  { a: null },
];
const USUAL: Props = {
  server: 'tcp://h:1',
  topic: 't',
  url: 'http://h',
  path: 'x',
  port: '/dev/x',
  dburl: 'sqlite:/x',
  table: 't',
  data: [{}],
};

/** What was thrown, if it is a fault of the code. */
async function faultOf(work: () => unknown): Promise<string | undefined> {
  try {
    await work();
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError)
      return `${error.name}: ${error.message}`;
    const text = (error as Error).message;
    if (/\[object Object\]|Cannot read|is not a function/.test(text)) return text;
  }
  return undefined;
}

describe.each(connectors.map((c) => [c.name, c] as const))('%s', (_name, entry) => {
  it('bears odd values of every option', async () => {
    const { source, sink, lookup } = await entry.load();
    const faults: string[] = [];
    for (const [part, definition] of Object.entries({ source, sink, lookup }))
      for (const option of definition?.options ?? [])
        for (const value of ODD) {
          const props = { ...USUAL, [option.name]: value };
          const fault = await faultOf(() =>
            part === 'sink' ? sink!.create().configure?.(props) : (source ?? lookup)!.create().configure?.('x', props),
          );
          if (fault) faults.push(`${part} ${option.name}: ${fault}`);
        }
    expect([...new Set(faults)]).toEqual([]);
  });
});

it('options and members of a rule bear odd values', async () => {
  const faults: string[] = [];
  const names = [
    'qos',
    'checkpointInterval',
    'restartStrategy',
    'bufferLength',
    'concurrency',
    'isEventTime',
    'lateTolerance',
    'sendError',
    'debug',
    'cron',
  ];
  const more = [
    'duration',
    'cronDatetimeRange',
    'planOptimizeStrategy',
    'notifySub',
    'logFilename',
    'ackPolicy',
    'bufferFullPolicy',
    'cacheFullPolicy',
  ];
  for (const value of ODD) {
    for (const name of [...names, ...more]) {
      const fault = await faultOf(() => parseRuleOptions('r', { [name]: value }));
      if (fault) faults.push(`${name}: ${fault}`);
    }
    const text = JSON.stringify(value, (_key, v: unknown) => (typeof v === 'bigint' ? `raw:${v}` : v)).replaceAll(/"raw:(\d+)"/g, '$1');
    for (const name of ['id', 'name', 'sql', 'graph', 'actions', 'options', 'tags', 'version', 'triggered', 'temp']) {
      const fault = await faultOf(() => parseRuleJson(`{"id":"r","sql":"SELECT * FROM s","actions":[{"log":{}}],"${name}":${text}}`));
      if (fault) faults.push(`${name}: ${fault}`);
    }
  }
  expect([...new Set(faults)]).toEqual([]);
});
