// hawkBit's Direct Device Integration API, version 1, as published: what a device may ask and say. No state. Used by agent.ts.
// Source: eclipse.dev/hawkbit (DDI API) and the API module of eclipse-hawkbit/hawkbit.
import { messageOf } from '../../base/errors/gateway-error.ts';
import { type FleetHttp, serverError } from '../http.ts';

export interface Base {
  /** Suggested time between two questions. */
  sleepMs: number;
  deployment: string | undefined;
  cancel: string | undefined;
  configData: string | undefined;
  confirmation: string | undefined;
}

export type Handling = 'skip' | 'attempt' | 'forced';

export interface Artifact {
  filename: string;
  sha256: string;
  size: number;
  url: string;
}

export interface Deployment {
  id: string;
  download: Handling;
  update: Handling;
  /** False: the window of maintenance is closed now. */
  open: boolean;
  artifacts: Artifact[];
  version: string;
}

export type Execution = 'closed' | 'proceeding' | 'canceled' | 'scheduled' | 'rejected' | 'resumed' | 'downloaded' | 'download';

export interface Feedback {
  execution: Execution;
  finished: 'success' | 'failure' | 'none';
  details: readonly string[];
  progress?: { cnt: number; of: number };
}

export interface Ddi {
  base(signal: AbortSignal): Promise<Base>;
  /** @returns undefined: the action is not there any more */
  deployment(url: string, signal: AbortSignal): Promise<Deployment | undefined>;
  /** @returns id of the action to stop; undefined as above */
  cancel(url: string, signal: AbortSignal): Promise<string | undefined>;
  /** @returns false: the server has closed the action */
  feedback(kind: 'deploymentBase' | 'cancelAction', id: string, feedback: Feedback, atMs: number): Promise<boolean>;
  configData(url: string, data: Readonly<Record<string, string>>): Promise<void>;
  /** Says yes to an action that waits for consent. */
  confirm(url: string): Promise<void>;
  /** For downloads of the server itself. */
  readonly headers: Readonly<Record<string, string>>;
}

const MAX_DETAIL_CHARS = 500;
const MIN_SLEEP_MS = 1_000;
const MAX_SLEEP_MS = 7 * 24 * 3_600_000;

export function createDdi(http: FleetHttp, server: string, tenant: string, controller: string, authorization: string | undefined): Ddi {
  const root = `${server.replace(/\/+$/, '')}/${encodeURIComponent(tenant)}/controller/v1/${encodeURIComponent(controller)}`;
  const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
  const call = async (method: 'GET' | 'POST' | 'PUT', url: string, body?: unknown, signal?: AbortSignal) => {
    const answer = await http.send({
      method,
      url,
      headers: {
        ...headers,
        accept: 'application/hal+json, application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal,
    });
    if (answer.status === 401 || answer.status === 403)
      throw serverError(
        url,
        `the server answered ${answer.status}: it does not take the token or certificate of this gateway (${controller})`,
      );
    return answer;
  };
  const get = async (url: string, signal: AbortSignal): Promise<Record<string, unknown> | undefined> => {
    const { status, body } = await call('GET', url, undefined, signal);
    if (status === 404 || status === 410) return undefined;
    if (status !== 200) throw serverError(url, `the server answered ${status}`);
    try {
      return JSON.parse(body.toString('utf8')) as Record<string, unknown>;
    } catch (error) {
      throw serverError(url, `its answer is not JSON: ${messageOf(error)}`);
    }
  };
  const post = async (url: string, body: unknown, method: 'POST' | 'PUT' = 'POST'): Promise<number> => {
    const { status } = await call(method, url, body);
    if (status >= 300 && status !== 404 && status !== 410) throw serverError(url, `the server answered ${status}`);
    return status;
  };
  return {
    headers,
    async base(signal) {
      const value = await get(root, signal);
      if (!value) throw serverError(root, 'the server does not know this gateway');
      const links = (value['_links'] ?? {}) as Record<string, { href?: string } | undefined>;
      const sleep = (value['config'] as { polling?: { sleep?: string } } | undefined)?.polling?.sleep;
      return {
        sleepMs: sleepMs(sleep),
        deployment: links['deploymentBase']?.href,
        cancel: links['cancelAction']?.href,
        configData: links['configData']?.href,
        confirmation: links['confirmationBase']?.href,
      };
    },
    async deployment(url, signal) {
      const value = await get(url, signal);
      return value && readDeployment(url, value);
    },
    async cancel(url, signal) {
      const value = await get(url, signal);
      const stop = (value?.['cancelAction'] as { stopId?: unknown } | undefined)?.stopId;
      return stop === undefined ? undefined : String(stop);
    },
    async feedback(kind, id, { execution, finished, details, progress }, atMs) {
      const status = await post(`${root}/${kind}/${encodeURIComponent(id)}/feedback`, {
        id,
        timestamp: atMs,
        status: {
          execution,
          result: { finished, ...(progress ? { progress } : {}) },
          details: details.map((d) => d.slice(0, MAX_DETAIL_CHARS)),
        },
      });
      return status < 300;
    },
    async configData(url, data) {
      await post(url, { mode: 'merge', data }, 'PUT');
    },
    async confirm(url) {
      await post(`${url.split('?')[0]}/feedback`, {
        confirmation: 'confirmed',
        code: 1,
        details: ['The gateway takes updates without asking a person.'],
      });
    },
  };
}

/** `HH:mm:ss` */
function sleepMs(text: string | undefined): number {
  const [, h, m, s] = /^(\d+):(\d\d):(\d\d)$/.exec(text ?? '') ?? [];
  if (h === undefined) return 300_000;
  return Math.min(MAX_SLEEP_MS, Math.max(MIN_SLEEP_MS, (Number(h) * 3600 + Number(m) * 60 + Number(s)) * 1000));
}

function readDeployment(url: string, value: Record<string, unknown>): Deployment {
  const { download = 'attempt', update = 'attempt', maintenanceWindow, chunks } = (value['deployment'] ?? {}) as Record<string, unknown>;
  if (value['id'] === undefined || !Array.isArray(chunks)) throw serverError(url, 'its answer has no id or no chunks');
  const artifacts: Artifact[] = [];
  let version = '';
  for (const chunk of chunks as Record<string, unknown>[]) {
    version ||= String(chunk['version'] ?? '');
    for (const artifact of (chunk['artifacts'] ?? []) as Record<string, any>[]) {
      const sha256: unknown = artifact['hashes']?.sha256;
      const links = artifact['_links'] ?? {};
      const address: unknown = links['download']?.href ?? links['download-http']?.href;
      if (typeof address !== 'string' || typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/i.test(sha256))
        throw serverError(url, `the artifact ${String(artifact['filename'])} has no link or no SHA-256`);
      artifacts.push({
        filename: String(artifact['filename']),
        sha256: sha256.toLowerCase(),
        size: Number(artifact['size']),
        url: address,
      });
    }
  }
  return {
    id: String(value['id']),
    download: download as Handling,
    update: update as Handling,
    open: maintenanceWindow !== 'unavailable',
    artifacts,
    version,
  };
}
