// Streams and rules of gateway.yaml, put in over REST one by one; what exists stays. Called by main.ts.

/** One request to the gateway. */
export type Send = (method: string, path: string, body: unknown) => Promise<{ status: number; text: string }>;

/** @returns lines for the report, in plain words */
export async function createContent(
  content: { streams: readonly string[]; rules: readonly Record<string, unknown>[] },
  send: Send,
): Promise<string[]> {
  const lines: string[] = [];
  const create = async (what: string, path: string, body: unknown) => {
    const { status, text } = await send('POST', path, body);
    if (status < 300) lines.push(`Created ${what}.`);
    else if (/already exist|existed/i.test(text)) lines.push(`Kept ${what}, which was there.`);
    else lines.push(`Problem with ${what}: ${messageOf(text)}`);
  };
  for (const sql of content.streams) {
    const name = /^\s*create\s+(?:stream|table)\s+(\S+?)\s*(?:\(|$)/i.exec(sql)?.[1] ?? sql.slice(0, 40);
    const path = /^\s*create\s+table/i.test(sql) ? '/tables' : '/streams';
    await create(`stream ${name}`, path, { sql });
  }
  for (const rule of content.rules) await create(`rule ${String(rule['id'])}`, '/rules', rule);
  return lines;
}

function messageOf(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    if (typeof message === 'string') return message.replaceAll('\n', ' ');
  } catch {
    // not JSON: the text itself is the message
  }
  return text.trim();
}
