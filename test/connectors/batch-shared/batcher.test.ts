// The batcher alone: what it promises for any mix of items, wrong rows and a peer that goes away.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ioError, rowError } from '../../../src/base/errors/gateway-error.ts';
import { Batcher, unitsOf } from '../../../src/connectors/batch-shared/batcher.ts';
import type { Row } from '../../../src/data/value.ts';

const unitOf = (n: number) => ({ row: { n } as Row, sent: n, bytes: 10 });
const settle = (p: Promise<void>) =>
  p.then(
    () => undefined,
    (e: unknown) => e as { refusedRows?: Row[]; retriable?: boolean; message: string },
  );

describe('a batcher', () => {
  it('sends what comes while a request is under way with the next one, within its bounds of rows and bytes', async () => {
    const requests: number[][] = [];
    const answers: (() => void)[] = [];
    const batcher = new Batcher<number>({
      maxRows: 3,
      maxBytes: 25,
      write: (units) => {
        requests.push(units.map((u) => u.sent));
        return new Promise((resolve) => answers.push(resolve));
      },
    });
    const done: number[] = [];
    const add = (n: number) => batcher.add([unitOf(n)]).then(() => void done.push(n));
    const all = [add(1)];
    await Promise.resolve();
    await Promise.resolve();
    all.push(add(2), add(3), add(4));
    expect(requests).toEqual([[1]]);
    expect(done).toEqual([]);
    for (let i = 0; i < 3; i++) {
      answers[i]!();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(requests).toEqual([[1], [2, 3], [4]]);
    await Promise.all(all);
    expect(done).toEqual([1, 2, 3, 4]);
  });

  it('sends a row that is larger than a request alone', async () => {
    const requests: number[][] = [];
    const batcher = new Batcher<number>({ maxRows: 10, maxBytes: 5, write: async (units) => void requests.push(units.map((u) => u.sent)) });
    await Promise.all([batcher.add([unitOf(1), unitOf(2)]), batcher.add([unitOf(3)])]);
    expect(requests).toEqual([[1], [2], [3]]);
  });

  it('takes all right rows exactly once and in order, and names exactly the wrong ones of each item', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.boolean(), { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 9 }),
        async (items, maxRows) => {
          const taken: number[] = [];
          const wrong = new Set<number>();
          let n = 0;
          const lists = items.map((item) =>
            item.map((isWrong) => {
              if (isWrong) wrong.add(n);
              return unitOf(n++);
            }),
          );
          const batcher = new Batcher<number>({
            maxRows,
            maxBytes: 1000,
            async write(units) {
              expect(units.length).toBeLessThanOrEqual(maxRows);
              await Promise.resolve();
              if (units.some((u) => wrong.has(u.sent))) throw rowError('wrong');
              taken.push(...units.map((u) => u.sent));
            },
          });
          const ends = await Promise.all(lists.map((units) => settle(batcher.add(units))));
          expect(taken).toEqual([...Array(n).keys()].filter((i) => !wrong.has(i)));
          ends.forEach((end, i) => {
            const bad = lists[i]!.filter((u) => wrong.has(u.sent)).map((u) => u.row);
            if (bad.length === 0) expect(end).toBeUndefined();
            else if (bad.length === lists[i]!.length) expect(end).toMatchObject({ message: 'wrong', retriable: false });
            else
              expect(end).toMatchObject({
                code: 'ROWS_REFUSED',
                refusedRows: bad,
                message: `${bad.length} of ${lists[i]!.length} rows: wrong`,
              });
          });
        },
      ),
      { numRuns: 200 },
    );
  });

  it('fails everything that waits, in order, when the peer is away, and goes on with what comes later', async () => {
    let away = true;
    const taken: number[] = [];
    const batcher = new Batcher<number>({
      maxRows: 1,
      maxBytes: 1000,
      async write(units) {
        await Promise.resolve();
        if (away) throw ioError('gone');
        taken.push(units[0]!.sent);
      },
    });
    const failed: number[] = [];
    const ends = [1, 2, 3].map((n) => batcher.add([unitOf(n)]).catch((e: { retriable: boolean }) => void (e.retriable && failed.push(n))));
    await Promise.all(ends);
    expect(failed).toEqual([1, 2, 3]);
    expect(taken).toEqual([]);
    away = false;
    await batcher.add([unitOf(4)]);
    expect(taken).toEqual([4]);
  });

  it('names rows that cannot be encoded beside those that the peer refuses, and delivers the rest', async () => {
    const batcher = new Batcher<number>({
      maxRows: 10,
      maxBytes: 1000,
      async write(units) {
        if (units.some((u) => u.sent === 2)) throw rowError('not taken');
      },
    });
    const rows: Row[] = [{ n: 0 }, { n: 1 }, { n: 2 }];
    const { units, refused } = unitsOf(rows, (row) => {
      if (row['n'] === 0) throw rowError('no form');
      return { sent: row['n'] as number, bytes: 1 };
    });
    expect(await settle(batcher.add(units, refused))).toMatchObject({ refusedRows: [{ n: 0 }, { n: 2 }], message: '2 of 3 rows: no form' });
  });
});
