// `kuiper mcp`: an MCP server for assistants, over standard input and output or HTTP. It reads and diagnoses; with --allow-changes it also changes,
// as plans that are watched. docs/mcp.md.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CliError } from '../cli-error.ts';
import { createClient } from '../client.ts';
import type { Command, CommandContext } from '../command.ts';

export const mcp: Command = {
  name: 'mcp',
  usage: 'mcp [--allow-changes] [--http PORT [--listen ADDRESS]]',
  doc: 'MCP server for assistants: read, diagnose, and change by plans that are watched and taken back.',
  offline: true,
  flags: [
    { names: ['allow-changes'], value: false, doc: 'offer plan_changes and apply_plan; without it nothing can be changed' },
    { names: ['http'], doc: 'port for streamable HTTP instead of standard input and output; 0 = any' },
    { names: ['listen'], doc: 'address for --http, default 127.0.0.1; on others callers need a token of their own' },
  ],
  exits: true,
  live: true,
  examples: [
    ['kuiper mcp', 'for an assistant that starts it itself'],
    ['kuiper --context hall3 mcp --allow-changes', 'another gateway, with changes'],
    ['kuiper mcp --http 9091', 'at http://127.0.0.1:9091/mcp'],
  ],
  async run(context) {
    const { createMcpServer } = await import('../mcp/server.ts');
    const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8')) as { version: string };
    const lock = { busy: false };
    const options = {
      version,
      allowChanges: context.flags['allow-changes'] === true,
      nowMs: () => performance.now(),
      sleep: async (ms: number) => void (await sleep(ms)),
      lock,
    };
    const idle = async () => {
      // a plan that is watched is not left alone: it is taken back or stays as its watch decides
      while (lock.busy) await sleep(100);
    };
    const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
    process.once('SIGINT', stop).once('SIGTERM', stop);
    if (context.flags['http'] === undefined) {
      const { StdioServerTransport } = await import('@modelcontextprotocol/sdk/server/stdio.js');
      const server = createMcpServer({ ...options, client: context.client });
      process.stdin.once('end', stop);
      await server.connect(new StdioServerTransport());
      await stopped;
      await idle();
      await server.close();
    } else {
      const { openMcpHttp } = await import('../mcp/http.ts');
      const listen = context.flags['listen'];
      const ip = typeof listen === 'string' ? listen : '127.0.0.1';
      const http = await openMcpHttp({
        ip,
        port: portOf(context),
        needsToken: context.client.hasToken || !/^(127\.|::1$|localhost$)/.test(ip),
        nowMs: options.nowMs,
        session: (token) =>
          createMcpServer({ ...options, client: token === undefined ? context.client : createClient({ url: context.client.url, token }) }),
      });
      context.note(`The MCP server is at ${http.url}; Ctrl-C ends it.`);
      await stopped;
      await idle();
      await http.close();
    }
    // the transport holds standard input open
    process.exit(0);
  },
};

function portOf({ flags }: CommandContext): number {
  const port = Number(flags['http']);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new CliError('--http is a port from 0 to 65535.', 'usage');
  return port;
}
