// The TCP connection below Modbus TCP and RTU over TCP: opened within a limit, its end told in words.
import net from 'node:net';
import { ioError, messageOf } from '../../../base/errors/gateway-error.ts';

/** Short, so that a server that is back is found within 3 s. */
const CONNECT_TIMEOUT_MS = 2000;

export interface OpenSocket {
  socket: net.Socket;
  /** Why it ended. Never rejects. */
  ended: Promise<Error>;
}

/** @param name for messages  @throws ioError when nobody answers */
export async function openSocket(host: string, port: number, name: string): Promise<OpenSocket> {
  const socket = net.connect({ host, port });
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => socket.destroy(new Error(`no answer within ${CONNECT_TIMEOUT_MS} ms`)), CONNECT_TIMEOUT_MS);
    socket.once('connect', () => {
      clearTimeout(timer);
      resolve();
    });
    socket.once('error', (error) => {
      clearTimeout(timer);
      reject(ioError(`${name}: ${messageOf(error)}`, error));
    });
  });
  socket.setNoDelay(true);
  let failure: Error | undefined;
  socket.on('error', (error) => {
    failure = error;
  });
  const ended = new Promise<Error>((resolve) =>
    socket.once('close', () => resolve(ioError(`${name}: ${failure ? messageOf(failure) : 'the server closed the connection'}`, failure))),
  );
  return { socket, ended };
}
