// REST from the browser: the same calls, token and roles as everybody's. The token lives in this tab only (sessionStorage). Used by every page through App.

export interface Api {
  /** @throws ApiError with the gateway's own sentence */
  json<T>(path: string): Promise<T>;
  text(method: string, path: string, body?: unknown): Promise<string>;
  /** A call whose answer is JSON. */
  ask<T>(method: string, path: string, body?: unknown): Promise<T>;
  /** The answer and what of the request had no effect. */
  send(method: string, path: string, body?: unknown): Promise<{ text: string; warnings: string[] }>;
  blob(method: string, path: string, body?: unknown): Promise<Blob>;
  /** Reads an event stream until the signal aborts or the gateway ends it. */
  stream(path: string, body: unknown | undefined, signal: AbortSignal, onData: (data: unknown) => void): Promise<void>;
  readonly token: string;
  setToken(token: string): void;
}

export class ApiError extends Error {
  readonly status: number;
  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

const KEY = 'kuiper.token';
/** A gateway that does not answer: what people see instead of "Failed to fetch". */
export const UNREACHABLE = 'unreachable';

/** @param onRefused the gateway asks for a token, or refuses the one given */
export function createApi(onRefused: (sentence: string) => void): Api {
  let token = sessionStorage.getItem(KEY) ?? '';

  const call = async (method: string, path: string, body: unknown, signal?: AbortSignal): Promise<Response> => {
    const headers: Record<string, string> = { Accept: 'application/json' };
    if (token !== '') headers['Authorization'] = `Bearer ${token}`;
    const raw = body === undefined || typeof body === 'string' || body instanceof FormData;
    if (body !== undefined && !raw) headers['Content-Type'] = 'application/json';
    let answer: Response;
    try {
      answer = await fetch(path, {
        method,
        headers,
        cache: 'no-store',
        ...(body === undefined ? {} : { body: raw ? (body as string | FormData) : JSON.stringify(body) }),
        ...(signal ? { signal } : {}),
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new ApiError(UNREACHABLE, 0);
    }
    if (answer.ok) return answer;
    const sentence = sentenceOf(await answer.text());
    if (answer.status === 401) onRefused(sentence);
    throw new ApiError(sentence || `${answer.status} ${answer.statusText}`, answer.status);
  };

  return {
    get token() {
      return token;
    },
    setToken(given) {
      token = given;
      if (given === '') sessionStorage.removeItem(KEY);
      else sessionStorage.setItem(KEY, given);
    },
    json: async <T>(path: string) => (await (await call('GET', path, undefined)).json()) as T,
    text: async (method, path, body) => (await call(method, path, body)).text(),
    ask: async <T>(method: string, path: string, body?: unknown) => (await (await call(method, path, body)).json()) as T,
    async send(method, path, body) {
      const answer = await call(method, path, body);
      const told = answer.headers.get('Kuiper-Warnings');
      return { text: await answer.text(), warnings: told ? (JSON.parse(told) as string[]) : [] };
    },
    blob: async (method, path, body) => (await call(method, path, body)).blob(),
    async stream(path, body, signal, onData) {
      const answer = await call(body === undefined ? 'GET' : 'POST', path, body, signal);
      const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
      let rest = '';
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        const parts = (rest + value).split('\n\n');
        rest = parts.pop()!;
        for (const part of parts) if (part.startsWith('data: ')) onData(JSON.parse(part.slice(6)));
      }
    },
  };
}

/** `{"error":1000,"message":"…"}` → the message; anything else as it is. */
function sentenceOf(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    if (typeof message === 'string') return message;
  } catch {
    // a plain sentence
  }
  return text.trim();
}

/** A part of a path. */
export const enc = encodeURIComponent;
