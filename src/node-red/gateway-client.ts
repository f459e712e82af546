// REST of the gateway for the nodes: one place for address, token, time limits and errors. No state. Used by nodes.ts.

export interface GatewayAddress {
  /** `http://host:9081` */
  url: string;
  /** Port of httppush and sse there. */
  dataPort: number;
  token: string | undefined;
}

export class GatewayError extends Error {
  /** 0: nobody answered. */
  readonly status: number;
  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

const LIMIT_MS = 10_000;

export async function call(to: GatewayAddress, method: string, path: string, body?: unknown): Promise<string> {
  return send(to, to.url.replace(/\/$/, '') + path, method, body);
}

/** Gives a message to a stream of TYPE httppush. Resolves when the gateway has it where it cannot get lost. */
export async function push(to: GatewayAddress, path: string, body: unknown): Promise<void> {
  await send(to, dataUrl(to, path), 'POST', body);
}

export function dataUrl({ url, dataPort }: GatewayAddress, path: string): string {
  const at = new URL(url);
  at.port = String(dataPort);
  at.pathname = path;
  return at.toString();
}

async function send({ token }: GatewayAddress, url: string, method: string, body: unknown): Promise<string> {
  let answer: Response;
  try {
    answer = await fetch(url, {
      method,
      headers: { ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...(token ? { Authorization: token } : {}) },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      signal: AbortSignal.timeout(LIMIT_MS),
    });
  } catch (error) {
    const cause = (error as { cause?: { code?: string } }).cause?.code ?? (error as Error).message;
    throw new GatewayError(`the gateway at ${new URL(url).host} does not answer (${cause})`, 0);
  }
  const text = await answer.text();
  if (answer.ok) return text;
  let message = text;
  try {
    message = (JSON.parse(text) as { message?: string }).message ?? text;
  } catch {
    // plain text, as of a 401
  }
  throw new GatewayError(message, answer.status);
}

/** Events of an sse sink, until the signal. @param opened the stream stands  @param event text of one event  @throws when it breaks */
export async function follow(
  to: GatewayAddress,
  path: string,
  signal: AbortSignal,
  opened: () => void,
  event: (text: string) => void,
): Promise<void> {
  const answer = await fetch(dataUrl(to, path), {
    headers: { Accept: 'text/event-stream', ...(to.token ? { Authorization: to.token } : {}) },
    signal,
  });
  if (!answer.ok || !answer.body) throw new GatewayError(`${path}: ${answer.status}`, answer.status);
  opened();
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop()!;
    for (const line of lines) if (line.startsWith('data:')) event(line.slice(5).trim());
  }
  throw new GatewayError('the gateway ended the stream', 0);
}
