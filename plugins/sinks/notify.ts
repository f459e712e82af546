// Sends a short text to a chat by a bot, in the manner of Telegram's Bot API (`POST <server>/bot<token>/sendMessage`). {column} in the text is replaced by the row's value.
// The same text is not sent again within `quiet`, so that a value that flickers does not ring a phone all night.
import { defineSink, finalError } from '@kuiper-gateway/plugin';

export const Notify = defineSink({
  doc: 'Sends a text to a chat by a bot (Telegram).',
  options: {
    token: { type: 'string', doc: "The bot's token.", required: true, secret: true },
    chat: { type: 'string', doc: 'Id of the chat.', required: true },
    text: { type: 'string', doc: 'Text; {column} is the value of a column.', required: true },
    quiet: { type: 'duration', doc: 'The same text is not sent again within this time.', default: '5m' },
    server: { type: 'string', doc: 'Address of the Bot API.', default: 'https://api.telegram.org' },
    timeout: { type: 'duration', doc: 'Longest wait for an answer.', default: '10s', min: 1 },
  },
  create() {
    let o: { token: string; chat: string; text: string; quiet: number; server: string; timeout: number };
    return {
      configure({ options }) {
        o = options;
      },
      async collect(ctx, data) {
        for (const row of [data].flat()) {
          const text = o.text.replace(/\{(\w+)\}/g, (_, name: string) => shown(row[name])).slice(0, 4000);
          const sent = ctx.getState('sent') as { text: string; atMs: number } | undefined;
          if (sent?.text === text && Date.now() - sent.atMs < o.quiet) continue;
          const answer = await fetch(`${o.server}/bot${o.token}/sendMessage`, {
            method: 'POST',
            headers: { 'Content-Type': 'application/json' },
            body: JSON.stringify({ chat_id: o.chat, text }),
            signal: AbortSignal.any([ctx.signal, AbortSignal.timeout(o.timeout)]),
          });
          const { description = '' } = (await answer.json().catch(() => ({}))) as { description?: string };
          if (!answer.ok) {
            // a wrong token or chat does not mend itself; too many messages do
            const problem = `the bot was refused (${answer.status}): ${description}`;
            throw answer.status === 429 || answer.status >= 500 ? new Error(problem) : finalError(problem);
          }
          ctx.putState('sent', { text, atMs: Date.now() });
        }
      },
    };
  },
});

const shown = (v: unknown): string =>
  v === null || v === undefined ? '–' : v instanceof Date ? v.toISOString() : typeof v === 'object' ? JSON.stringify(v) : String(v);
