// Methods over gRPC: unary calls, without TLS unless the address begins with https. Made by services.ts.
import protobuf from 'protobufjs';
import { messageOf } from '../../base/errors/gateway-error.ts';
import { isRecord } from '../../base/is-record.ts';
import { fieldToValue, messageToRow, toLong } from '../../codecs/protobuf/values.ts';
import type { Value } from '../../data/value.ts';
import { CALL_LIMIT_MS, type Caller, type CallerDeps } from './caller.ts';
import { createGrpcChannel } from './grpc-channel.ts';
import { fieldsOfArguments, isWrapper } from './values.ts';

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'https:': 443, 'http:': 80 };
const GRPC_PORT = 50_051;

export function createGrpcCaller({ of, clock, privateNet, secrets }: CallerDeps): Caller {
  const { address } = of;
  const channel = createGrpcChannel({
    host: address.hostname,
    port: address.port === '' ? (DEFAULT_PORTS[address.protocol] ?? GRPC_PORT) : Number(address.port),
    secure: address.protocol === 'https:',
    insecureSkipVerify: of.options.insecureSkipVerify,
    clock,
    privateNet,
  });
  const headers = Object.fromEntries(Object.entries(of.options.headers).map(([k, v]) => [k.toLowerCase(), v]));
  return {
    async call(method, args) {
      if (!method) throw new Error('gRPC needs a schema');
      const { input, output } = method;
      const fields = fieldsOfArguments(method, args);
      const message = input.encode(input.fromObject(plain(input, fields))).finish();
      let answer: Buffer;
      try {
        answer = await channel.unary(method.path, message, secrets(headers), CALL_LIMIT_MS);
      } catch (error) {
        throw Object.assign(new Error(`error invoking method ${method.name} in proto: ${messageOf(error)}`, { cause: error }));
      }
      return answerOf(output, answer);
    },
    close: () => channel.close(),
  };
}

/** Whole numbers as protobufjs takes them. */
function plain(type: protobuf.Type, fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const f of type.fieldsArray) {
    const v = fields[f.name];
    if (v === undefined) continue;
    const one = (e: unknown): unknown =>
      f.resolvedType instanceof protobuf.Type ? plain(f.resolvedType, isRecord(e) ? e : {}) : typeof e === 'bigint' ? toLong(e, f.type) : e;
    if (f instanceof protobuf.MapField && isRecord(v)) out[f.name] = Object.fromEntries(Object.entries(v).map(([k, e]) => [k, one(e)]));
    else out[f.name] = Array.isArray(v) ? v.map(one) : one(v);
  }
  return out;
}

function answerOf(type: protobuf.Type, bytes: Uint8Array): Value {
  if (type.fullName === '.google.protobuf.Empty') return null;
  const object: Record<string, unknown> = type.toObject(type.decode(bytes), { defaults: true, arrays: true, objects: true });
  const wrapped = isWrapper(type) ? type.fields['value'] : undefined;
  return wrapped ? fieldToValue(wrapped, object['value']) : messageToRow(type, object);
}
