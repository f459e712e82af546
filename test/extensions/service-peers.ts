// Programs that external services call in tests: an HTTP server, a server of gRPC's own library, one of MessagePack-RPC with MessagePack's own library; and
// the files of a service as eKuiper's users have them. Used by services.test.ts.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { decodeMultiStream, encode } from '@msgpack/msgpack';

export const GREETER = `
syntax = "proto3";
package helloworld;
import "google/protobuf/empty.proto";
import "google/protobuf/wrappers.proto";
service Greeter {
  rpc SayHello(HelloRequest) returns (HelloReply) {}
  rpc Compute (Mixed) returns (Mixed) {}
  rpc get_feature(google.protobuf.BytesValue) returns(FeatureResponse) {}
  rpc getStatus(google.protobuf.Empty) returns(google.protobuf.BoolValue) {}
  rpc RestEncodedJson(google.protobuf.StringValue) returns(google.protobuf.StringValue) {}
  rpc Fail(HelloRequest) returns (HelloReply) {}
}
message HelloRequest { string name = 1; }
message HelloReply { string message = 1; }
enum Kind { NONE = 0; COLD = 1; HOT = 2; }
message Mixed {
  int64 big_one = 2;
  uint32 small = 4;
  double part = 5;
  bytes raw = 7;
  repeated int32 list = 8;
  Kind kind = 9;
  Box box = 10;
  map<string, int64> counts = 11;
  string base64_img = 12 [json_name="base64_img"];
  bool yes = 13;
}
message Box { int32 x = 1; int32 h = 2; }
message FeatureResult { repeated float features = 1; Box box = 2; }
message FeatureResponse { repeated FeatureResult feature = 1; }
`;

export const MESSAGING = `
syntax = "proto3";
package messaging;
import "google/api/annotations.proto";
service Messaging {
  rpc GetMessage(GetMessageRequest) returns (Message) { option (google.api.http) = { get: "/v1/{name=messages/*}" }; }
  rpc SearchMessage(SearchMessageRequest) returns (Message) { option (google.api.http) = { get:"/v1/messages/filter/{message_id}" }; }
  rpc UpdateMessage(UpdateMessageRequest) returns (Message) { option (google.api.http) = { put: "/v1/messages/{message_id}" body: "message" }; }
  rpc PatchMessage(PatchMessageRequest) returns (Message) { option (google.api.http) = { patch: "/v1/messages/{message_id}" body: "*" }; }
  rpc DropMessage(PatchMessageRequest) returns (Message) { option (google.api.http) = { delete: "/v1/messages/{message_id}" body: "text" }; }
}
message GetMessageRequest { string name = 1; }
message Message { string text = 1; }
message SearchMessageRequest {
  message SubMessage { string subfield = 1; }
  string message_id = 1;
  int64 revision = 2;
  SubMessage sub = 3;
}
message UpdateMessageRequest { string message_id = 1; Message message = 2; }
message PatchMessageRequest { string message_id = 1; string text = 2; }
`;

export interface HttpCall {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}

/** @param answer text, status and type of the answer to a call */
export async function httpPeer(answer: (call: HttpCall) => { status?: number; type?: string; text: string } | undefined) {
  const calls: HttpCall[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const call = { method: request.method!, url: request.url!, headers: request.headers, body };
      calls.push(call);
      const given = answer(call);
      if (!given) return; // no answer at all
      response.writeHead(given.status ?? 200, { 'content-type': given.type ?? 'application/json' });
      response.end(given.text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    calls,
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

export async function grpcPeer() {
  const folder = mkdtempSync(join(tmpdir(), 'kuiper-proto-'));
  writeFileSync(join(folder, 'hw.proto'), GREETER);
  const loaded = grpc.loadPackageDefinition(loadSync(join(folder, 'hw.proto'), { keepCase: true, longs: String, bytes: Buffer }));
  rmSync(folder, { recursive: true });
  const { Greeter } = loaded['helloworld'] as unknown as { Greeter: grpc.ServiceClientConstructor };
  const seen: { method: string; request: Record<string, unknown>; metadata: grpc.Metadata }[] = [];
  type Call = grpc.ServerUnaryCall<Record<string, unknown>, unknown>;
  const on = (method: string, answer: (r: Record<string, unknown>) => unknown) => (call: Call, done: grpc.sendUnaryData<unknown>) => {
    seen.push({ method, request: call.request, metadata: call.metadata });
    const given = answer(call.request);
    if (given instanceof Error) done(given as grpc.ServiceError);
    else if (given !== undefined) done(null, given);
  };
  const server = new grpc.Server();
  server.addService(Greeter.service, {
    SayHello: on('SayHello', (r) => (r['name'] === 'hang' ? undefined : { message: `hello ${String(r['name'])}` })),
    Compute: on('Compute', (r) => r),
    get_feature: on('get_feature', (r) => ({
      feature: [{ features: [-1.5, 2.25], box: { x: 153, h: 100 + (r['value'] as Buffer).length } }, { features: [] }],
    })),
    getStatus: on('getStatus', () => ({ value: true })),
    RestEncodedJson: on('RestEncodedJson', (r) => r),
    Fail: on('Fail', () => Object.assign(new Error('no such ä'), { code: grpc.status.NOT_FOUND, details: 'no such ä' })),
  });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, n) => (error ? reject(error) : resolve(n))),
  );
  return { seen, address: `tcp://127.0.0.1:${port}`, port, close: () => server.forceShutdown() };
}

export async function msgpackPeer(answer: (method: string, args: unknown[]) => unknown) {
  const calls: { method: string; args: unknown[] }[] = [];
  const sockets = new Set<Socket>();
  const serve = async (socket: Socket) => {
    for await (const message of decodeMultiStream<undefined>(socket, { useBigInt64: true })) {
      const [, id, method, args] = message as [number, number, string, unknown[]];
      calls.push({ method, args });
      const given = answer(method, args);
      if (given === undefined) continue;
      const bytes = encode(given instanceof Error ? [1, id, given.message, null] : [1, id, null, given], { useBigInt64: true });
      // in two pieces, after a notification that is nobody's
      socket.write(encode([2, 'tick', []]));
      socket.write(bytes.subarray(0, 2));
      setImmediate(() => socket.write(bytes.subarray(2)));
    }
  };
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    // a connection that was cut ends it
    serve(socket).catch(() => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    calls,
    address: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut: () => {
      for (const s of sockets) s.destroy();
    },
    close: () => {
      for (const s of sockets) s.destroy();
      server.close();
    },
  };
}

export const serviceText = (interfaces: Record<string, unknown>) =>
  JSON.stringify({ about: { author: { name: 'EMQ' }, description: { en_US: 'for tests' } }, interfaces });
