// All jobs of the public bench, in the order in which they run.
import type { Job } from '../job.ts';
import { iiotJobs } from './iiot.ts';
import { streamJobs } from './streams.ts';
import { telemetryJobs } from './telemetry.ts';

export const jobs: readonly Job[] = [...telemetryJobs, ...iiotJobs, ...streamJobs];

/** @throws Error when there is none */
export function jobNamed(name: string): Job {
  const job = jobs.find((j) => j.name === name);
  if (!job) throw new Error(`no job "${name}"; there are: ${jobs.map((j) => j.name).join(', ')}`);
  return job;
}
