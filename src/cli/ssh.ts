// A connection to a gateway that listens on its own machine only: `ssh -W`, whose standard input and output are the socket. SSH asks for
// passwords and host keys on the terminal itself. Used by client.ts for `ssh://user@host[:port]`.
import { spawn } from 'node:child_process';
import { Duplex } from 'node:stream';
import { CliError } from './cli-error.ts';

/** Where the gateway listens on its machine. */
const THERE = '127.0.0.1:9081';

export function overSsh(url: URL): Duplex {
  const user = url.username ? `${decodeURIComponent(url.username)}@` : '';
  const host = url.hostname;
  // ssh would take a host that begins with a hyphen for an option
  if (host.startsWith('-') || user.startsWith('-')) throw new CliError(`"${user}${host}" is not a host.`, 'usage');
  const port = url.port ? ['-p', url.port] : [];
  const child = spawn(process.env['KUIPER_SSH'] ?? 'ssh', [...port, '-W', THERE, '--', `${user}${host}`], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const stream = Duplex.from({
    readable: child.stdout as unknown as NodeJS.ReadableStream,
    writable: child.stdin as unknown as NodeJS.WritableStream,
  } as never);
  child.on('error', (error) => stream.destroy(new CliError(`ssh cannot be started: ${error.message}`, 'unreachable')));
  child.on('exit', (code) => {
    if (code) stream.destroy(new CliError(`ssh to ${host} ended with code ${code}.`, 'unreachable'));
  });
  stream.on('close', () => child.kill());
  return stream;
}
