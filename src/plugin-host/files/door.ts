// Writing into `plugins/`: by ourselves, or through the installer when the gateway may not (worker/installer.ts). Used by installs over REST and by
// the files that say what is live.
import { rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname, join, relative } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { writeDurablyAsync } from '../../base/durable-file.ts';
import { GatewayError } from '../../base/errors/gateway-error.ts';
import { nodeCrypto } from '../../base/node-builtins.ts';
import type { DoorAnswer, DoorRequest } from '../worker/installer.ts';

/** @throws what the file system or the installer says */
export interface PluginDoor {
  /** Whole or not at all. @param path absolute, below the folder of plugins */
  write(path: string, bytes: Uint8Array): Promise<void>;
  remove(path: string): Promise<void>;
}

const ANSWER_LIMIT_MS = 15_000;

export function ownDoor(): PluginDoor {
  return {
    async write(path, bytes) {
      // a dot first: not picked up before it is whole
      const temp = join(dirname(path), `.${nodeCrypto().randomBytes(6).toString('hex')}.part`);
      await writeDurablyAsync(path, bytes, { mode: 0o644, temp });
    },
    remove: (path) => rm(path, { force: true }),
  };
}

/** @param folder `<root>/plugins`  @param socket of kuiper-installer.socket */
export function installerDoor(folder: string, socket: string, clock: Clock): PluginDoor {
  const ask = async (request: DoorRequest): Promise<void> => {
    const { createFrameReader, frameOf } = await import('../worker/frames.ts');
    await new Promise<void>((resolve, reject) => {
      const connection = connect(socket);
      const reader = createFrameReader();
      const fail = (problem: string) => {
        clock.clear(timer);
        connection.destroy();
        reject(new GatewayError('PLUGIN_INSTALLER', { problem }));
      };
      const timer = clock.setTimer(ANSWER_LIMIT_MS, () => fail(`no answer within ${ANSWER_LIMIT_MS / 1000} s`));
      connection.on('error', (error) => fail(error.message));
      connection.on('close', () => fail('it ended without an answer'));
      connection.on('data', (chunk: Buffer) => {
        reader.add(chunk);
        const m = reader.next();
        if (m === undefined) return;
        const answer = m.value as DoorAnswer;
        if ('error' in answer) return fail(answer.error);
        clock.clear(timer);
        connection.removeAllListeners('close');
        connection.end();
        resolve();
      });
      connection.write(frameOf(request));
    });
  };
  return {
    write: (path, bytes) => ask({ do: 'write', path: relative(folder, path), bytes }),
    remove: (path) => ask({ do: 'remove', path: relative(folder, path) }),
  };
}
