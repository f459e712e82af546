// Looking inside: metrics, traces, state of a source, content of scan tables.
import { GatewayError } from '../../base/errors/gateway-error.ts';
import { shownValue } from '../../base/shown.ts';
import { settle } from '../../contract/told.ts';
import type { TraceStore } from '../../runtime/index.ts';
import type { MetricsDump, RuleService } from '../../service/index.ts';
import type { OtlpExport } from '../../service/otlp.ts';
import { resetStateBody, tracerBody } from '../bodies.ts';
import { METRICS_TYPE } from '../metrics-server.ts';
import { attachment, json, text } from '../reply.ts';
import { bodyObject, textMember } from '../request.ts';
import type { Route } from '../router.ts';

export interface ObserveDeps {
  cpuUsage(): Record<string, number> | 'not ready' | 'not enabled';
  /** Metrics in files; undefined where there are none (tests of single routes). */
  dump?: MetricsDump | undefined;
  rules: RuleService;
  traces(): TraceStore;
  otlp(): OtlpExport;
  /** Prometheus text; undefined when basic.prometheus is off or has a port of its own. */
  metrics: (() => string) | undefined;
}

export function observeRoutes({ rules, traces, otlp, metrics, cpuUsage, dump }: ObserveDeps): Route[] {
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
    {
      method: 'GET',
      path: '/rules/usage/cpu',
      handle() {
        const usage = cpuUsage();
        return typeof usage === 'string' ? text(`cpu usage ${usage}`) : json(usage);
      },
    },
    { method: 'GET', path: '/metrics/dump/check', handle: () => text(dump?.enabled() ? 'enabled' : 'disabled') },
    {
      method: 'GET',
      path: '/metrics/dump',
      async handle(r) {
        if (!dump?.enabled()) throw refuse('metrics dump not enabled');
        const seconds = (name: string) => {
          const given = r.query.get(name);
          if (given === null || given === '') return undefined;
          if (!/^\d{1,12}$/.test(given)) throw refuse(`${name}: ${shownValue(given)} is not a number of seconds since 1970`);
          return Number(given) * 1000;
        };
        const zip = await dump.zip(seconds('startTime'), seconds('endTime'));
        if (!zip) throw refuse('not metrics are selected');
        return { ...attachment('', 'metrics.zip'), body: zip, contentType: 'application/zip' };
      },
    },
    {
      method: 'GET',
      path: '/trace/{id}',
      handle(r) {
        const tree = traces().tree(r.params['id']!);
        return tree ? json(tree) : text('Not Found', 404);
      },
    },
    {
      method: 'GET',
      path: '/trace/rule/{ruleID}',
      handle(r) {
        const limit = r.query.get('limit');
        if (limit !== null && !/^\d{1,9}$/.test(limit)) throw refuse(`limit: ${shownValue(limit)} is not a whole number`);
        return json(traces().ofRule(r.params['ruleID']!, limit === null ? undefined : Number(limit)));
      },
    },
    {
      method: 'POST',
      path: '/tracer',
      async handle(r) {
        const body = bodyObject(r, 'Invalid body: Error decoding json', tracerBody);
        const member = (name: string) => textMember(body, name, 'Invalid body');
        const action = member('action');
        if (!/^(start|stop)$/.test(action)) {
          // eKuiper ends the export with any other word
          r.told.warnings.push(`Action ${shownValue(action)} is not one of start, stop; the export of traces is ended.`);
          settle(r.told);
        }
        if (action === 'start') await otlp().start(member('service_name'), member('collector_url'));
        else await otlp().stop();
        return text('success');
      },
    },
    {
      method: 'PUT',
      path: '/rules/{name}/reset_state',
      handle(r) {
        const body = bodyObject(r, 'reset state', resetStateBody) as { type?: unknown; params?: { streamName?: unknown; input?: unknown } };
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
