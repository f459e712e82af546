// What producer and consumer share: addresses, TLS, SASL, the guard, and what an error means. Package @platformatic/kafka is loaded here, at
// the first use. Used by sink.ts and source.ts.
import { GatewayError, ioError, isRetriable, messageOf, rowError } from '../../base/errors/gateway-error.ts';
import type { ConnectorContext } from '../../contract/context.ts';
import { checkResolved, type HostPort, parseHostPort } from '../net-shared/destination.ts';
import { tlsMaterial, wantsTls } from '../net-shared/tls.ts';
import type { KafkaProps } from './options.ts';

export type KafkaPackage = typeof import('@platformatic/kafka');
export const loadKafka = (): Promise<KafkaPackage> => import('@platformatic/kafka');

const TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 5_000;
/** For the first answer of the brokers, with login. */
const ANSWER_MS = 8_000;

/** @throws Error for a bad address, or SASL without a user */
export function brokersOf(p: KafkaProps): HostPort[] {
  if (p.saslAuthType !== 'none' && (p.saslUserName === '' || p.password === ''))
    throw new Error('saslUserName and password are required for saslAuthType plain and scram');
  return p.brokers.split(',').map((b) => parseHostPort(b, 9092, 'brokers'));
}

const mechanisms: Readonly<Record<string, 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'>> = {
  plain: 'PLAIN',
  scram: 'SCRAM-SHA-512',
  'scram-sha-256': 'SCRAM-SHA-256',
  'scram-sha-512': 'SCRAM-SHA-512',
};

/** Options of both clients. The package tries nothing again by itself but stale metadata: the runtime opens anew. */
export function clientOptions(p: KafkaProps, clientId: string) {
  const mechanism = mechanisms[p.saslAuthType.toLowerCase()];
  return {
    clientId,
    bootstrapBrokers: brokersOf(p),
    timeout: TIMEOUT_MS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    retries: 1,
    retryDelay: 100,
    ...(p.useTls || wantsTls(p) ? { tls: tlsMaterial(p) as never } : {}),
    ...(mechanism ? { sasl: { mechanism, username: p.saslUserName, password: p.password } } : {}),
  };
}

/** The brokers of the configuration, and those that they name. @throws DESTINATION_REFUSED */
export async function checkBrokers(ctx: Pick<ConnectorContext, 'network'>, hosts: Iterable<{ host: string }>): Promise<void> {
  for (const { host } of hosts) await checkResolved(ctx, host);
}

/** Errors of the protocol that blame the message. */
const WRONG_MESSAGE = [
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'INVALID_TOPIC_EXCEPTION',
  'INVALID_TIMESTAMP',
  'CORRUPT_MESSAGE',
];

/** @returns rowError when the message is wrong, ioError otherwise */
export function kafkaError(where: string, kafka: KafkaPackage, error: unknown): Error {
  const reasons = reasonsOf(error);
  const text = `kafka ${where}: ${[...new Set(reasons.map((r) => r.text))].join('; ').slice(0, 1000)}`;
  const wrong = reasons.some((r) => WRONG_MESSAGE.includes(r.id)) || error instanceof kafka.UserError;
  return wrong ? rowError(text) : ioError(text, error);
}

/** What is said when a client cannot be opened: what we refuse ourselves stays as it is. */
export const openingError = (where: string, kafka: KafkaPackage, error: unknown): unknown =>
  isRetriable(error) || (error instanceof GatewayError && error.code === 'DESTINATION_REFUSED') ? error : kafkaError(where, kafka, error);

/** True when the broker said so, in whatever error of the package it stands. @param id as in the protocol: `TOPIC_ALREADY_EXISTS` */
export const brokerSaid = (error: unknown, id: string): boolean => reasonsOf(error).some((r) => r.id === id);

/** Errors of the package hold others, each with what the broker said. */
function reasonsOf(error: unknown, depth = 0): { id: string; text: string }[] {
  const e = error as { apiId?: unknown; errors?: unknown; cause?: unknown };
  const own = { id: typeof e?.apiId === 'string' ? e.apiId : '', text: messageOf(error) };
  if (depth > 5 || typeof error !== 'object' || error === null) return [own];
  const inner = [...(Array.isArray(e.errors) ? e.errors : []), ...(e.cause ? [e.cause] : [])].flatMap((x) => reasonsOf(x, depth + 1));
  return inner.length > 0 ? inner : [own];
}

/** The package does not always say when a login is refused. @throws ioError when there is no answer in time */
export async function answered<T>(ctx: Pick<ConnectorContext, 'clock'>, p: KafkaProps, answer: Promise<T>): Promise<T> {
  const stop = new AbortController();
  answer.catch(() => undefined); // also when it comes late
  const late = ctx.clock.sleep(ANSWER_MS, stop.signal).then(
    () =>
      Promise.reject(
        ioError(`kafka ${p.brokers}: no answer within ${ANSWER_MS} ms; the broker is away, refuses the login or speaks another protocol`),
      ),
    () => new Promise<never>(() => undefined),
  );
  try {
    return await Promise.race([answer, late]);
  } finally {
    stop.abort(new Error('answered'));
  }
}
