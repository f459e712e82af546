// Starts a Modbus server of somebody else as a process and waits until it says that it serves. Used by pymodbus.ts and libmodbus.ts.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface PeerServer {
  /** SIGKILL, and waits until it is gone. */
  kill(): Promise<void>;
}

export async function spawnPeer(name: string, program: string, args: readonly string[]): Promise<PeerServer> {
  const child: ChildProcess = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr!.on('data', (d: Buffer) => (errors = (errors + d.toString()).slice(-2000)));
  await new Promise<void>((resolve, reject) => {
    child.stdout!.once('data', () => resolve());
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${name} ended with ${code}: ${errors}`)));
  });
  return {
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}
