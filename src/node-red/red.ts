// The part of Node-RED's runtime API that these nodes use, in current types; the base class of node-red-contrib-typescript-node was typed against
// Node-RED 0.17. Next: nodes.ts.
import { Node as UntypedBase } from 'node-red-contrib-typescript-node';

export interface Message {
  payload?: unknown;
  topic?: string;
  [more: string]: unknown;
}

export interface Status {
  fill?: 'red' | 'green' | 'yellow' | 'grey';
  shape?: 'ring' | 'dot';
  text?: string;
}

export interface RedNode {
  readonly id: string;
  readonly type: string;
  name?: string;
  credentials?: Record<string, string | undefined>;
  on(event: 'input', listener: (msg: Message, send: (msg: Message) => void, done: (error?: Error) => void) => void): void;
  on(event: 'close', listener: (removed: boolean, done: () => void) => void): void;
  send(msg: Message): void;
  status(status: Status): void;
  log(text: string): void;
  warn(text: string): void;
  error(text: string, msg?: Message): void;
}

export interface HttpRequest {
  body?: unknown;
}

export interface HttpResponse {
  status(code: number): HttpResponse;
  json(value: unknown): void;
}

export interface Red {
  nodes: {
    createNode(node: unknown, config: unknown): void;
    registerType(type: string, nodeClass: unknown, options?: unknown): void;
    getNode(id: string): RedNode | null;
  };
  httpAdmin: {
    post(path: string, ...handlers: ((request: HttpRequest, response: HttpResponse) => unknown)[]): void;
  };
  auth: {
    needsPermission(name: string): (request: HttpRequest, response: HttpResponse) => unknown;
  };
}

interface Base extends RedNode {
  readonly red: Red;
  createNode(config: unknown): void;
}

/** The class that every node extends: `super(RED)`, then `this.createNode(config)`. */
export const Node = UntypedBase as unknown as (abstract new (
  RED: Red,
) => Base) & {
  registerType(this: abstract new (...args: never[]) => Base, RED: Red, type: string, options?: unknown): void;
};
