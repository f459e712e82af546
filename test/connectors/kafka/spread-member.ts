// One gateway of several that run the same two rules over one topic, as a process of its own that can be killed: windows by key, and the row before
// by key. Both write into PostgreSQL by upsert; the second one into a topic too. Started by spread-group.ts with its settings as the only argument.
import { startRig } from '../../helpers/rule-rig.ts';

export interface MemberSettings {
  brokers: string;
  topic: string;
  group: string;
  dburl: string;
  intervalMs: number;
}

const s = JSON.parse(process.argv[2]!) as MemberSettings;
const source = {
  type: 'kafka',
  datasource: s.topic,
  props: { brokers: s.brokers, groupID: s.group, offsetReset: 'earliest' },
  timestamp: 'ts',
};
const options = { spread: true, isEventTime: true, qos: 1 as const, checkpointIntervalMs: s.intervalMs };
const table = (name: string) => ({ sql: { dburl: s.dburl, table: name, writeMode: 'upsert', keyField: 'id' } });
const windows = await startRig({
  ruleId: 'windows',
  source,
  options,
  sql: `SELECT concat(d, '-', window_end()) AS id, d, window_end() AS ends, count(*) AS n, sum(v) AS total
    FROM s GROUP BY d, TUMBLINGWINDOW(ss, 1)`,
  actions: [table('windows')],
});
const before = await startRig({
  ruleId: 'before',
  source,
  options: { ...options, isEventTime: false },
  sql: `SELECT concat(d, '-', seq) AS id, d, seq, lag(seq) OVER (PARTITION BY d) AS before FROM s`,
  actions: [table('steps'), { kafka: { brokers: s.brokers, topic: `${s.topic}-out`, key: '{{.d}}' } }],
});
process.stdout.write('ready\n');
const told = new Map<object, number>();
setInterval(() => {
  for (const { lines } of [windows, before]) {
    for (const line of lines.slice(told.get(lines) ?? 0))
      if (line['level'] === 'warn' || line['level'] === 'error') process.stdout.write(`${JSON.stringify(line)}\n`);
    told.set(lines, lines.length);
  }
}, 1000);
process.on('SIGTERM', () => void Promise.all([windows.close(), before.close()]).then(() => process.exit(0)));
