// @covers issue:13#5
// Connections before a token, as values: how many there may be, and how long one may say nothing. test/rest/before-token.test.ts tries it over real sockets.
import { EventEmitter } from 'node:events';
import type { Server } from 'node:http';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createHttpGate } from '../../src/base/http-gate.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

class Peer extends EventEmitter {
  readonly remoteAddress: string;
  destroyed = false;
  constructor(remoteAddress: string) {
    super();
    this.remoteAddress = remoteAddress;
  }
  destroy() {
    this.destroyed = true;
    this.emit('close');
  }
}

function gated(limits = { perAddress: 2, perLoopback: 4, perAddressKnown: 2, total: 3 }) {
  const server = new EventEmitter();
  const gate = createHttpGate(limits);
  gate.watch(server as unknown as Server);
  const come = (address: string): Peer => {
    const peer = new Peer(address);
    server.emit('connection', peer);
    return peer;
  };
  const call = (socket: Peer) => server.emit('request', { socket });
  const admit = (socket: Peer) => gate.admitted(socket as never);
  return { gate, come, call, admit };
}

test('the oldest stranger of an address makes room for the next one', () => {
  const { come, gate } = gated();
  const [a, b, c] = [come('10.0.0.1'), come('10.0.0.1'), come('10.0.0.1')];
  expect([a, b, c].map((p) => p.destroyed)).toEqual([true, false, false]);
  expect(gate.counts).toEqual({ open: 2, refused: 0, evicted: 1 });
});

test('no more connections than the limit of all, wherever they come from; those with credentials stay', () => {
  const { come, admit, gate } = gated();
  const [first, second, third] = [come('10.0.0.1'), come('10.0.0.2'), come('10.0.0.3')];
  admit(first);
  admit(second);
  const fourth = come('10.0.0.4');
  expect([first, second, third].map((p) => p.destroyed)).toEqual([false, false, true]);
  admit(fourth);
  const fifth = come('10.0.0.5');
  expect(fifth.destroyed).toBe(true);
  expect(gate.counts).toEqual({ open: 3, refused: 1, evicted: 1 });
});

test('who says nothing is cut after eleven seconds, who has called is not', () => {
  const { come, call, gate } = gated();
  const [silent, caller] = [come('10.0.0.1'), come('10.0.0.2')];
  call(caller);
  vi.advanceTimersByTime(10_500);
  expect(silent.destroyed).toBe(false);
  vi.advanceTimersByTime(1000);
  expect([silent.destroyed, caller.destroyed]).toEqual([true, false]);
  expect(gate.counts.open).toBe(1);
});

test('one address has so many with credentials; the next of it stays one that makes room', () => {
  const { come, admit } = gated({ perAddress: 9, perLoopback: 9, perAddressKnown: 2, total: 3 });
  const all = [come('10.0.0.1'), come('10.0.0.1'), come('10.0.0.1')];
  for (const p of all) admit(p);
  come('10.0.0.2');
  expect(all.map((p) => p.destroyed)).toEqual([false, false, true]);
});
