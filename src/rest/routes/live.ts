// /live: what flows, as event streams for the console and other viewers; /map: who reads what. Nothing is computed when nobody looks. What only reads is
// a GET, so that a viewer's token may; a SELECT of the caller's own, or a look at all topics of a broker, is a POST.
import { GatewayError } from '../../base/errors/gateway-error.ts';
import type { Service } from '../../service/index.ts';
import type { RowsRequest } from '../../service/live/rows.ts';
import { liveRowsBody, liveTopicsBody } from '../bodies.ts';
import { events, json, type Reply, type ReplyOut } from '../reply.ts';
import { bodyObject, type RestRequest, textMember } from '../request.ts';
import type { Route } from '../router.ts';

const send = (out: ReplyOut, data: unknown): void => out.write(`data: ${JSON.stringify(data)}\n\n`);

type Begin = (push: (data: { end?: 'time' }) => void) => Promise<() => void>;

/** Begins first, so that a refusal is an answer like any other; what comes before the answer is open waits for it. */
async function streaming(begin: Begin): Promise<Reply> {
  const early: { end?: 'time' }[] = [];
  let push = (data: { end?: 'time' }): void => void early.push(data);
  const stop = await begin((data) => push(data));
  return events((out) => {
    out.onClose(stop);
    push = (data) => {
      // rows that nobody takes are not piled up: the count says how many were skipped
      if (data.end === undefined && out.behind()) return;
      send(out, data);
      if (data.end !== undefined) out.end();
    };
    for (const data of early) push(data);
  });
}

export function liveRoutes(service: Pick<Service, 'live' | 'rules' | 'streams'>): Route[] {
  const what = 'Invalid body';
  const refuse = (text: string) => new GatewayError('SERVICE_REFUSED', { text });
  const watched = (r: RestRequest): RowsRequest => {
    const [stream, rule] = [r.query.get('stream'), r.query.get('rule')];
    if ((stream === null) === (rule === null)) throw refuse('stream or rule: expected one of them');
    if (stream !== null) {
      if (service.streams.find(stream)?.kind !== 'stream') throw refuse(`stream ${stream} is not found`);
      return { sql: `SELECT * FROM ${quoted(stream)}` };
    }
    return { rule: service.rules.definitionOf(rule!) };
  };
  return [
    {
      method: 'GET',
      path: '/live',
      async handle(r) {
        const given = r.query.get('interval') ?? '1000';
        if (!/^\d{1,9}$/.test(given)) throw refuse('interval: expected a number of milliseconds');
        const { rates } = await service.live();
        return events((out) => {
          const stop = rates.watch(
            Number(given),
            (data) => send(out, data),
            () => !out.behind(),
          );
          if (stop) out.onClose(stop);
          else out.end();
        });
      },
    },
    {
      method: 'GET',
      path: '/live/counts',
      async handle() {
        const { rates, rows, topics, taps } = await service.live();
        return json({ rates: rates.counts, rows: rows.counts, topics: topics.counts, taps: taps.counts });
      },
    },
    { method: 'GET', path: '/map', handle: async () => json((await service.live()).map()) },
    {
      method: 'GET',
      path: '/live/rows',
      async handle(r) {
        const { rows } = await service.live();
        const request = watched(r);
        return streaming((push) => rows.watch(request, r.told, push));
      },
    },
    {
      method: 'GET',
      path: '/live/tap',
      async handle(r) {
        const { taps } = await service.live();
        const id = r.query.get('rule') ?? '';
        const rule = service.rules.definitionOf(id);
        const { sources, edges } = service.rules.topo(id);
        const nodes = [...new Set([...sources, ...Object.keys(edges), ...Object.values(edges).flat()])].map(withoutKind);
        const node = r.query.get('node');
        return streaming((push) => taps.watch({ rule, nodes, ...(node === null ? {} : { node }) }, r.told, push));
      },
    },
    {
      method: 'POST',
      path: '/live/rows',
      async handle(r) {
        const { rows } = await service.live();
        const body = bodyObject(r, what, liveRowsBody);
        const object = (name: string) => (typeof body[name] === 'object' && body[name] !== null ? { [name]: body[name] } : {});
        const request = { sql: textMember(body, 'sql', what), ...object('mockSource'), ...object('sinkProps') };
        return streaming((push) => rows.watch(request, r.told, push));
      },
    },
    {
      method: 'POST',
      path: '/live/topics',
      async handle(r) {
        const { topics } = await service.live();
        const body = bodyObject(r, what, liveTopicsBody);
        const optional = (name: string) => {
          const given = textMember(body, name, what);
          return given === '' ? {} : { [name]: given };
        };
        const request = { filter: textMember(body, 'filter', what) || '#', ...optional('confKey'), ...optional('connection') };
        return streaming((push) => topics.watch(request, r.told, push));
      },
    },
  ];
}

/** `op_3_filter` of the topology is 3_filter in traces and for people. */
const withoutKind = (node: string): string => node.replace(/^(source|op|sink)_/, '');

const quoted = (name: string): string => `\`${name.replaceAll('`', '')}\``;
