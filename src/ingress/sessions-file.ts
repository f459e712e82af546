// Lasting sessions and retained messages on the disk. Sessions are written at each change, before the client is told; retained messages at an
// interval and at a stop, since each of them was delivered or stored on its own already. Called by listener.ts.
import { existsSync, readFileSync } from 'node:fs';
import { writeDurably, writeDurablyAsync } from '../base/durable-file.ts';
import type { Hub } from './hub.ts';

interface StoredSession {
  clientId: string;
  number: number;
  user: string;
  expiryMs: number;
  seenAtMs: number;
  subscriptions: Record<string, number>;
}

/** @returns sessions whose time is not over  @throws SyntaxError when the file is damaged */
export function loadSessions(file: string, nowMs: number): StoredSession[] {
  if (!existsSync(file)) return [];
  const { sessions } = JSON.parse(readFileSync(file, 'utf8')) as { sessions: StoredSession[] };
  return sessions
    .filter((s) => s.seenAtMs === 0 || nowMs - s.seenAtMs < s.expiryMs)
    .map((s) => ({ ...s, seenAtMs: s.seenAtMs === 0 ? nowMs : s.seenAtMs }));
}

export function sessionsText(hub: Hub): string {
  const sessions: StoredSession[] = [];
  for (const s of hub.sessions.values()) {
    if (!s.lasting) continue;
    const { clientId, number, user, expiryMs, subscriptions } = s;
    // the time of one that is there begins when it goes, or with the next start
    sessions.push({
      clientId,
      number,
      user,
      expiryMs,
      seenAtMs: s.isConnected ? 0 : s.seenAtMs,
      subscriptions: Object.fromEntries(subscriptions),
    });
  }
  return JSON.stringify({ sessions });
}

export function loadRetained(file: string, hub: Hub): void {
  if (!existsSync(file)) return;
  const all = JSON.parse(readFileSync(file, 'utf8')) as [topic: string, qos: number, payload: string][];
  for (const [topic, qos, payload] of all) hub.retained.set(topic, { qos, payload: Buffer.from(payload, 'base64'), properties: undefined });
}

const retainedText = (hub: Hub) =>
  JSON.stringify([...hub.retained].map(([topic, { qos, payload }]) => [topic, qos, payload.toString('base64')]));

export async function saveRetained(file: string, hub: Hub): Promise<void> {
  if (!hub.retainedChanged) return;
  hub.retainedChanged = false;
  await writeDurablyAsync(file, retainedText(hub));
}

export function saveSessions(file: string, hub: Hub): void {
  writeDurably(file, sessionsText(hub));
}
