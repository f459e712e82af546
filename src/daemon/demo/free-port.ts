// The first free port from a wished one on; the demo says so when it is another.
import { createServer } from 'node:net';

/** @throws when 50 ports in a row are taken */
export async function freePort(wished: number, host: string): Promise<number> {
  for (let port = wished; port < wished + 50; port++) if (await isFree(port, host)) return port;
  throw new Error(`no free port between ${wished} and ${wished + 49} on ${host}`);
}

function isFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, host, () => probe.close(() => resolve(true)));
  });
}
