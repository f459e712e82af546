// Looking inside: metrics, traces, state of a source, content of scan tables. Traces are not recorded in this version: the lists are empty.
import { GatewayError } from '../../base/errors/gateway-error.ts';
import { shownValue } from '../../base/shown.ts';
import type { RuleService } from '../../service/index.ts';
import { METRICS_TYPE } from '../metrics-server.ts';
import { json, text } from '../reply.ts';
import { bodyJson } from '../request.ts';
import type { Route } from '../router.ts';

export interface ObserveDeps {
  rules: RuleService;
  /** Prometheus text; undefined when basic.prometheus is off or has a port of its own. */
  metrics: (() => string) | undefined;
}

export function observeRoutes({ rules, metrics }: ObserveDeps): Route[] {
  const refuse = (why: string) => new GatewayError('SERVICE_REFUSED', { text: why });
  return [
    ...(metrics
      ? [
          {
            method: 'GET',
            path: '/metrics',
            handle: () => ({ ...text(metrics()), contentType: METRICS_TYPE }),
          } satisfies Route,
        ]
      : []),
    { method: 'GET', path: '/overview', handle: () => json({ atMs: Date.now(), rules: rules.overview() }) },
    { method: 'GET', path: '/metrics/dump/check', handle: () => text('disabled') },
    {
      method: 'GET',
      path: '/metrics/dump',
      handle() {
        throw refuse('metrics dump not enabled');
      },
    },
    { method: 'GET', path: '/trace/{id}', handle: () => text('Not Found', 404) },
    { method: 'GET', path: '/trace/rule/{ruleID}', handle: () => json([]) },
    {
      method: 'POST',
      path: '/tracer',
      handle() {
        throw new GatewayError('SERVICE_MISSING', { what: 'a remote collector of traces' });
      },
    },
    {
      method: 'PUT',
      path: '/rules/{name}/reset_state',
      handle(r) {
        const body = (bodyJson(r, 'reset state') ?? {}) as { type?: unknown; params?: { streamName?: unknown; input?: unknown } };
        if (body.type !== 1) throw refuse(`unknown stateType:${shownValue(body.type ?? 0)}`);
        const id = r.params['name']!;
        const stream = String(body.params?.streamName ?? '');
        if (!rules.sourcesOf(id).includes(stream)) throw refuse(`stream ${stream} not found in topo`);
        const input = body.params?.input;
        if (typeof input !== 'object' || input === null || Array.isArray(input))
          throw refuse('params.input must be an object with the values of the position');
        rules.resetOffset(id, stream, input as Record<string, unknown>);
        return text('success');
      },
    },
    {
      method: 'GET',
      path: '/rules/{name}/scantables',
      handle(r) {
        const id = r.params['name']!;
        if (!rules.exists(id))
          throw new GatewayError('SERVICE_NOT_FOUND', { text: `failed to get topology for rule ${id}: Rule ${id} is not found` });
        throw refuse(
          rules.sourcesOf(id).length < 2
            ? `scan table error: join node is not found for ${id}`
            : 'scan table error: unable to find tuples for the given scan table',
        );
      },
    },
  ];
}
