// Reads a trace of Chromium: the tasks of the page's main thread.

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  /** Processor time of the thread, µs. */
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

/**
 * @param json what `stopTracing` gives, with category `toplevel`
 * @returns how many tasks ran, and the processor time of the longest, in ms
 */
export function longestTasks(json: string): { tasks: number; longestMs: number } {
  const { traceEvents } = JSON.parse(json) as { traceEvents: TraceEvent[] };
  const thread = (e: TraceEvent) => `${e.pid} ${e.tid}`;
  const main = new Set(traceEvents.filter((e) => e.name === 'thread_name' && e.args?.name === 'CrRendererMain').map(thread));
  const times = traceEvents.filter((e) => e.ph === 'X' && e.name.endsWith('RunTask') && main.has(thread(e))).map((e) => e.tdur ?? 0);
  return { tasks: times.length, longestMs: Math.round(Math.max(0, ...times) / 100) / 10 };
}
