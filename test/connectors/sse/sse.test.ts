// Sink sse: events for all clients of its path.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DataServer } from '../../../src/base/data-server.ts';
import sse from '../../../src/connectors/sse/index.ts';
import { createTestContext } from '../../helpers/connector-context.ts';
import { testDataServer } from '../../helpers/data-server.ts';

let server: DataServer;
beforeEach(() => {
  server = testDataServer();
});
afterEach(() => server.close());

describe('sse', () => {
  it('sends each item to all clients, line by line, and ends them with the rule', async () => {
    const ctx = { ...createTestContext(), dataServer: server };
    const sink = sse.sink!.create();
    await sink.configure!({ endpoint: '/events' });
    await sink.open(ctx, () => undefined);
    sink.collect(ctx, 'nobody listens');
    const answers = await Promise.all([1, 2].map(() => fetch(`http://127.0.0.1:${server.port}/events`)));
    expect(answers[0]!.headers.get('content-type')).toBe('text/event-stream');
    sink.collect(ctx, '[{"a":1}]');
    sink.collect(ctx, 'two\nlines');
    expect((await fetch(`http://127.0.0.1:${server.port}/events`, { method: 'POST' })).status).toBe(405);
    await sink.close(ctx);
    for (const r of answers) expect(await r.text()).toBe('data: [{"a":1}]\n\ndata: two\ndata: lines\n\n');
    expect(server.port).toBe(0);
  });

  it('a path belongs to one sink', async () => {
    const open = async () => {
      const sink = sse.sink!.create();
      await sink.configure!({ endpoint: '/events' });
      await sink.open({ ...createTestContext(), dataServer: server }, () => undefined);
    };
    await open();
    await expect(open()).rejects.toThrow('answers on /events already');
  });

  it.each([{}, { endpoint: 'events' }, { endpoint: '/a*' }])('refuses %j', (props) => {
    expect(() => sse.sink!.create().configure!(props)).toThrow('endpoint');
  });
});
