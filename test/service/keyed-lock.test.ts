// One command after the other for the same name; other names do not wait.
import { expect, test } from 'vitest';
import { createKeyedLock } from '../../src/service/keyed-lock.ts';

test('same name: in order, also after a failure; another name goes ahead', async () => {
  const lock = createKeyedLock();
  const events: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = lock.run('a', async () => {
    events.push('first begins');
    await gate.promise;
    events.push('first ends');
    throw new Error('first failed');
  });
  const second = lock.run('a', async () => void events.push('second'));
  await lock.run('b', async () => void events.push('other'));
  expect(events).toEqual(['first begins', 'other']);
  gate.resolve();
  await expect(first).rejects.toThrow('first failed');
  await second;
  expect(events).toEqual(['first begins', 'other', 'first ends', 'second']);
});
