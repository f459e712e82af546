// What calls the methods of one interface of a service. One for each protocol: rest-caller.ts, grpc-caller.ts, msgpack-caller.ts.
import type { Clock } from '../../base/clock.ts';
import type { Value } from '../../data/value.ts';
import type { ServiceInterface } from './definition.ts';
import type { ServiceMethod } from './schema.ts';

/** For connecting, and for each call. */
export const CALL_LIMIT_MS = 5000;

export interface Caller {
  /** @param method undefined: the interface has no schema  @throws Error that says what went wrong; rowError for arguments that do not fit */
  call(method: ServiceMethod | undefined, args: readonly Value[]): Promise<Value>;
  close(): void;
}

export interface CallerDeps {
  of: ServiceInterface;
  clock: Clock;
  /** basic.enablePrivateNet, asked at each call. */
  privateNet: () => boolean;
  /** Headers with what stands behind `${secret:name}`. */
  secrets: <T>(value: T) => T;
}
