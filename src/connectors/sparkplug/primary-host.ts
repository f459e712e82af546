// The retained message by which a host application says whether it is there: JSON of version 3, and the words of version 2.2. Pure. Used by
// edge-node.ts and source.ts.

export const stateTopics = (host: string): string[] => (host === '' ? [] : [`spBv1.0/STATE/${host}`, `STATE/${host}`]);

export interface HostIs {
  readonly online: boolean;
  /** When its session began, epoch ms; version 2.2 does not say. */
  readonly atMs: number | undefined;
}

/** @returns undefined for other topics, and for texts that say neither */
export function readState(topic: string, payload: Uint8Array, host: string): HostIs | undefined {
  if (!stateTopics(host).includes(topic)) return undefined;
  const text = Buffer.from(payload).toString('utf8').trim();
  if (/^(ONLINE|OFFLINE)$/.test(text)) return { online: text === 'ONLINE', atMs: undefined };
  try {
    const { online, timestamp } = JSON.parse(text) as { online?: unknown; timestamp?: unknown };
    return typeof online === 'boolean' ? { online, atMs: typeof timestamp === 'number' ? timestamp : undefined } : undefined;
  } catch {
    return undefined; // not a state
  }
}

export const stateText = (online: boolean, atMs: number): string => JSON.stringify({ online, timestamp: atMs });
