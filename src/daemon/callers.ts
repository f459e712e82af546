// Who may call the data server and the port of the metrics. As for REST: an address that others reach needs a token, and without one only
// programs of this machine are let in. Made by gateway.ts; the checks themselves are in src/rest/access.ts and token-backoff.ts.
import type { DataServerOptions } from '../base/data-server.ts';
import { callerOf, checkListenAddress, isLoopback, refusalWithoutToken } from '../rest/access.ts';
import type { MetricsServerOptions } from '../rest/metrics-server.ts';
import type { TokenBackoff } from '../rest/token-backoff.ts';
import type { Configuration } from './configuration.ts';

type Config = Pick<Configuration, 'settings' | 'credentials'>;

export function dataServerCallers(config: Config, backoff: TokenBackoff): Pick<DataServerOptions, 'check' | 'admit'> {
  return {
    // as REST: any address but loopback needs credentials, and a caller from outside its token
    check: (ip, port) => checkListenAddress(ip, port, config.settings.rest.authentication, config.credentials.count),
    admit(headers, remoteAddress) {
      if (isLoopback(config.settings.dataServer.ip)) {
        const reason = refusalWithoutToken(callerOf(headers), config.settings.rest.allowedHosts);
        return reason === undefined ? { mayWrite: true } : { status: 403, reason };
      }
      const verdict = backoff.check(config.credentials, headers.authorization, remoteAddress);
      if ('refused' in verdict) return { status: 'waitS' in verdict ? 429 : 401, reason: verdict.refused };
      return { mayWrite: verdict.role === 'admin' };
    },
  };
}

export function metricsCallers(config: Config, backoff: TokenBackoff): Pick<MetricsServerOptions, 'refuse'> {
  return {
    refuse(headers, remoteAddress) {
      if (config.settings.rest.authentication) {
        const verdict = backoff.check(config.credentials, headers.authorization, remoteAddress);
        return 'refused' in verdict ? { status: 'waitS' in verdict ? 429 : 401, reason: verdict.refused } : undefined;
      }
      const reason = refusalWithoutToken(callerOf(headers), config.settings.rest.allowedHosts);
      return reason === undefined ? undefined : { status: 403, reason };
    },
  };
}
