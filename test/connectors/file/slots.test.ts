// Places for open files: never more than allowed, first come first served, and a file is asked for as long as somebody waits.
import { expect, it } from 'vitest';
import { Slots } from '../../../src/connectors/file/slots.ts';

it('asks for a further file for each that still waits, and serves them in turn', async () => {
  let asked = 0;
  const slots = new Slots(1, () => asked++);
  const got: string[] = [];
  const take = (name: string) => slots.take().then(() => void got.push(name));
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  void take('a');
  void take('b');
  void take('c');
  void take('d');
  await turn();
  expect([got, asked]).toEqual([['a'], 3]);
  slots.give();
  await turn();
  // c and d wait still
  expect([got, asked]).toEqual([['a', 'b'], 4]);
  slots.give();
  await turn();
  expect([got, asked]).toEqual([['a', 'b', 'c'], 5]);
  slots.give();
  await turn();
  expect([got, asked]).toEqual([['a', 'b', 'c', 'd'], 5]);
  slots.give();
  // all are given back: one place is free, not more
  void take('e');
  void take('f');
  await turn();
  expect([got.at(-1), asked]).toEqual(['e', 6]);
});
