// Metrics for Prometheus on a port of their own, as a part of the gateway. Used by gateway.ts.
import type { Log } from '../base/log.ts';
import type { Settings } from '../config/index.ts';
import { type MetricsServer, openMetricsServer } from '../rest/metrics-server.ts';
import type { TokenBackoff } from '../rest/token-backoff.ts';
import { metricsCallers } from './callers.ts';
import type { Configuration } from './configuration.ts';
import type { Part } from './lifecycle.ts';

/** Undefined: metrics belong on the REST server. */
export const ownMetricsPort = ({ prometheus, rest }: Settings): number | undefined =>
  prometheus.port === rest.port ? undefined : prometheus.port;

export interface MetricsPartDeps {
  config: Configuration;
  backoff: TokenBackoff;
  log: Log;
  text(): string;
}

export function createMetricsPart({ config, backoff, log, text }: MetricsPartDeps): Part {
  let metrics: MetricsServer | undefined;
  return {
    name: 'metrics',
    async start() {
      const port = config.settings.prometheus.enabled ? ownMetricsPort(config.settings) : undefined;
      if (port === undefined) return;
      metrics = await openMetricsServer({ ip: config.settings.rest.ip, port, text, ...metricsCallers(config, backoff) });
      log.info({ port: metrics.port }, 'Serving Prometheus metrics.');
    },
    stop: () => metrics?.close(),
  };
}
