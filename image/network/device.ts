// The network of the device for keeper.ts: files of systemd-networkd, iwd and nftables, and how they are taken into effect. A test gives another root and
// another way to run programs. Next: main.ts.
import { lstatSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeDurablyBelow } from '../../src/base/durable-file.ts';
import { messageOf } from '../../src/base/errors/gateway-error.ts';
import type { NetworkDisk, NetworkPort } from '../../src/system/network/keeper.ts';
import type { NetworkState, Snapshot } from '../../src/system/network/machine.ts';

export type Run = (program: string, args: readonly string[]) => void;

/** @param root '' on the device */
export function devicePort(root: string, run: Run): NetworkPort {
  return {
    capture: async (paths) =>
      Object.fromEntries(
        paths.map((path): [string, Snapshot[string]] => {
          const file = join(root, path);
          const facts = lstatSync(file, { throwIfNoEntry: false });
          return [path, facts?.isFile() ? { base64: readFileSync(file).toString('base64'), mode: facts.mode & 0o777 } : null];
        }),
      ),
    async put(files) {
      for (const [path, content] of Object.entries(files)) {
        const file = join(root, path);
        if (content === null) rmSync(file, { force: true });
        else writeDurablyBelow(file, Buffer.from(content.base64, 'base64'), content.mode);
      }
    },
    async reload() {
      // the firewall as a whole: a rule that is wrong refuses it, and the one in effect stays
      run('nft', ['-f', '/etc/nftables.conf']);
      run('networkctl', ['reload']);
      run('systemctl', ['try-restart', 'iwd.service']);
    },
  };
}

/** The state with the files of before: for root alone, since they may hold passwords. A damaged one counts as steady. */
export function stateFile(file: string, told: (text: string) => void): NetworkDisk {
  return {
    read() {
      try {
        return JSON.parse(readFileSync(file, 'utf8')) as NetworkState;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') told(`The state of the network is damaged: ${messageOf(error)}`);
        return { phase: 'steady' };
      }
    },
    write: (state) => writeDurablyBelow(file, JSON.stringify(state), 0o600),
  };
}
