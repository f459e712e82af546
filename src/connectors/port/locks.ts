// Who of this gateway holds which port. The kernel's lock (flock, taken by serialport) keeps other programs away; this list can name
// the rule or stream. One list per gateway, kept in the connection pool: `portLocks(ctx)`.
import type { ConnectionAccess, PooledConnection } from '../../contract/context.ts';

export class PortLocks implements PooledConnection {
  private readonly owners = new Map<string, string>();

  /** @returns the present holder, or undefined when the port is now the caller's */
  take(device: string, owner: string): string | undefined {
    const holder = this.owners.get(device);
    if (holder === undefined) this.owners.set(device, owner);
    return holder;
  }

  release(device: string): void {
    this.owners.delete(device);
  }

  holder(device: string): string | undefined {
    return this.owners.get(device);
  }

  close(): void {
    this.owners.clear();
  }
}

/** The gateway's list; give it back with `releasePortLocks`. */
export const portLocks = (connections: ConnectionAccess): PortLocks => connections.acquire('port', 'locks', () => new PortLocks());
export const releasePortLocks = (connections: ConnectionAccess): void | Promise<void> => connections.release('port', 'locks');
