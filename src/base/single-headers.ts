// Headers that say who calls and for whom: sent twice, two programs on the way may each believe another one (Node takes the first). Such a call is
// answered with 400. Used by every HTTP server of the gateway.
import type { IncomingMessage } from 'node:http';

const SINGLE = ['host', 'authorization', 'origin', 'sec-fetch-site', 'mcp-session-id'];

/** @returns the reason of a refusal, or undefined */
export function repeatedHeader({ rawHeaders }: IncomingMessage): string | undefined {
  let seen = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? '';
    const bit = 1 << (SINGLE.indexOf(name.toLowerCase()) + 1);
    if (bit === 1) continue;
    if ((seen & bit) !== 0) return `the header ${name} is sent twice`;
    seen |= bit;
  }
  return undefined;
}
