// The three rules of the demo. Written as a user would write them; also the examples of the README.

export const DEMO_STREAM = `CREATE STREAM machines () WITH (DATASOURCE="demo/machines/+", FORMAT="JSON", SHARED="true")`;

export interface DemoRule {
  readonly id: string;
  readonly topic: string;
  readonly sql: string;
}

export const DEMO_RULES: readonly DemoRule[] = [
  {
    id: 'demo_alarm',
    topic: 'demo/results/alarm',
    sql: 'SELECT device, temperature, vibration FROM machines WHERE temperature > 80 OR vibration > 6',
  },
  {
    id: 'demo_average',
    topic: 'demo/results/average',
    sql: 'SELECT device, avg(temperature) AS temperature, max(vibration) AS vibration, count(*) AS readings FROM machines GROUP BY device, TUMBLINGWINDOW(ss, 5)',
  },
  {
    id: 'demo_change',
    topic: 'demo/results/change',
    sql: 'SELECT device, lag(status) OVER (PARTITION BY device) AS before, status FROM machines WHERE had_changed(true, status) OVER (PARTITION BY device)',
  },
];

/** Rule as JSON for POST /rules. */
export function demoRuleJson({ id, sql, topic }: DemoRule, server: string): string {
  return JSON.stringify({ id, sql, actions: [{ mqtt: { server, topic, sendSingle: true } }] });
}
