// Work that goes on after the answer (POST /async/data/import). The last tasks are remembered, so that a client can ask how they went.
import type { Clock } from '../base/clock.ts';
import { GatewayError, messageOf } from '../base/errors/gateway-error.ts';

export interface AsyncTask {
  id: string;
  status: 'register' | 'running' | 'finish' | 'error' | 'cancel';
  message: string;
  /** Unix seconds. */
  createdTimestamp: number;
  updatedTimestamp: number;
}

export interface AsyncTasks {
  /** @returns the id `<kind>-<unix seconds>` */
  begin(kind: string, work: () => Promise<string>): string;
  get(id: string): AsyncTask;
  /** Work under way is not broken off; its outcome is no longer told. */
  cancel(id: string): void;
}

const REMEMBERED = 50;

export function createAsyncTasks(clock: Clock): AsyncTasks {
  const all = new Map<string, AsyncTask>();
  const seconds = () => Math.floor(clock.now() / 1000);
  const find = (id: string): AsyncTask => {
    const task = all.get(id);
    if (!task) throw new GatewayError('SERVICE_REFUSED', { text: `async task: ${id} not found` });
    return task;
  };
  const settle = (task: AsyncTask, status: AsyncTask['status'], message: string) => {
    if (task.status !== 'running') return;
    task.status = status;
    task.message = message;
    task.updatedTimestamp = seconds();
  };
  return {
    begin(kind, work) {
      let id = `${kind}-${seconds()}`;
      for (let n = 2; all.has(id); n++) id = `${kind}-${seconds()}-${n}`;
      const task: AsyncTask = { id, status: 'running', message: '', createdTimestamp: seconds(), updatedTimestamp: seconds() };
      all.set(id, task);
      if (all.size > REMEMBERED) all.delete(all.keys().next().value!);
      work().then(
        (message) => settle(task, 'finish', message),
        (error: unknown) => settle(task, 'error', messageOf(error)),
      );
      return id;
    },
    get: (id) => ({ ...find(id) }),
    cancel: (id) => settle(find(id), 'cancel', ''),
  };
}
