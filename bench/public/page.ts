// The page of results: each job with every peer in it, cheapest first, and before all else where we lose.
import { median } from '../measure.ts';
import type { JobResult, Measured } from './measure.ts';

export interface Report {
  readonly date: string;
  readonly commit: string;
  readonly machine: { readonly cpu: string; readonly cores: number; readonly kernel: string; readonly loadAverage: number };
  readonly options: { readonly runs: number; readonly rate: number };
  /** Peers that were not given. */
  readonly absent: readonly string[];
  readonly jobs: readonly JobResult[];
}

const OURS = 'kuiper-gateway';
const cost = (m: Measured) => median(m.runs.map((r) => r.us));
const lost = (m: Measured) => m.runs.reduce((n, r) => n + r.expected - r.delivered, 0);
const wrong = (m: Measured) => m.runs.reduce((n, r) => n + r.wrong, 0);
/** A figure of a peer that lost messages is no measure for others. */
const counts = (m: Measured) => m.runs.length > 0 && lost(m) === 0 && wrong(m) === 0;
const digits = (n: number) => n.toFixed(n < 10 ? 2 : 1);

export function page(report: Report): string {
  const { machine, options, absent } = report;
  return `# Beside others

Commit ${report.commit}, ${report.date}. ${machine.cores} cores (${machine.cpu}), Linux ${machine.kernel}, load average ${machine.loadAverage.toFixed(1)} at the begin.
All programs of a job ran in one run, interleaved, ${options.runs} repetitions each after a warm-up. CPU is user and system time of the program's process
per message, median (lowest–highest). Made by \`make bench-public\`; the raw figures are in the JSON file beside this page.
${absent.length > 0 ? `\nNot given, so not measured: ${absent.join(', ')}.\n` : ''}
## Where we lose

${losses(report.jobs).join('\n') || 'In no job that was measured here.'}

${report.jobs.map(table).join('\n')}`;
}

/** @returns a line for each job in which somebody who loses nothing is cheaper, or in which messages of ours are missing */
export function losses(jobs: readonly JobResult[]): string[] {
  return jobs.flatMap(({ job, peers }) => {
    const us = peers.find((m) => m.peer === OURS);
    if (!us || us.runs.length === 0) return [`- **${job}**: we could not be measured${us?.left ? ` (${us.left.split('\n')[0]})` : ''}`];
    if (!counts(us)) return [`- **${job}**: ${lost(us)} missing, ${wrong(us)} wrong`];
    const ahead = peers.filter((m) => m !== us && counts(m) && cost(m) < cost(us)).sort((a, b) => cost(a) - cost(b));
    return ahead.length > 0
      ? [`- **${job}**: ${ahead.map((m) => `${m.peer} costs ${digits(cost(m))} µs, we ${digits(cost(us))}`).join('; ')}`]
      : [];
  });
}

function table({ job, doc, rate, count, peers }: JobResult): string {
  const measured = peers.filter((m) => m.runs.length > 0).sort((a, b) => cost(a) - cost(b));
  const late = measured.some((m) => m.runs[0]?.p50Ms !== undefined);
  const lines = measured.map((m) => {
    const us = m.runs.map((r) => r.us);
    const range = `${digits(cost(m))} (${digits(Math.min(...us))}–${digits(Math.max(...us))})`;
    const percentiles = late
      ? ` ${digits(median(m.runs.map((r) => r.p50Ms ?? 0)))} / ${digits(median(m.runs.map((r) => r.p99Ms ?? 0)))} |`
      : '';
    return `| ${m.peer} | ${range} |${percentiles} ${lost(m)} | ${wrong(m)} | ${m.rssMB.toFixed(0)} |`;
  });
  const left = peers.filter((m) => m.left !== undefined).map((m) => `${m.peer} ${m.left?.split('\n')[0]}`);
  return `## ${job}

${doc}. ${rate} msg/s, ${count} messages a repetition.

| | CPU, µs a message |${late ? ' p50 / p99, ms |' : ''} missing | wrong | RSS, MB |
|---|---|${late ? '---|' : ''}---|---|---|
${lines.join('\n')}
${left.length > 0 ? `\nNot in it: ${left.join('; ')}.\n` : ''}`;
}
