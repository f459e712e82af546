// Starts the thread that makes a file of a journal. Used by sink.ts.
import { Worker } from 'node:worker_threads';
import { ioError, messageOf } from '../../base/errors/gateway-error.ts';
import type { EncodeWork } from './encode-thread.ts';

/** @returns rows in the file; 0: there is none  @throws ioError */
export function encodeFile(work: EncodeWork): Promise<number> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./encode-thread.ts', import.meta.url), { workerData: work, execArgv: [] });
    worker.once('message', (answer: { rows?: number; error?: string }) => {
      if (answer.error === undefined) resolve(answer.rows!);
      else reject(ioError(`archive: ${work.file} could not be written: ${answer.error}`));
    });
    worker.once('error', (error) => reject(ioError(`archive: ${work.file} could not be written: ${messageOf(error)}`, error)));
    worker.once('exit', (code) => reject(ioError(`archive: ${work.file} could not be written: the thread ended with ${code}`)));
  });
}
