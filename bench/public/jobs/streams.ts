// Queries of Nexmark, whose persons, auctions and bids come in 1 : 3 : 46, and the dataflows ETL and STATS of RIoTBench in SQL.
import { type Job, proofByCount, proofById } from '../job.ts';

const ROUND = 50;
const AUCTIONS = 3;
const CATEGORIES = 5;
type Kind = 'person' | 'auction' | 'bid';
const kindOf = (i: number): Kind => (i % ROUND === 0 ? 'person' : i % ROUND <= AUCTIONS ? 'auction' : 'bid');
const round = (i: number) => Math.floor(i / ROUND);

/** The seller of an auction is the person of its round; bids go to the auctions of the last rounds. */
function event(i: number): object {
  switch (kindOf(i)) {
    case 'person':
      return {
        id: i,
        person: round(i),
        name: `name${round(i) % 97}`,
        city: `city${round(i) % 10}`,
        state: ['or', 'id', 'ca', 'wa'][round(i) % 4],
      };
    case 'auction':
      return { id: i, auction: auctionOf(i), seller: round(i), category: round(i) % CATEGORIES, initialBid: 100 + (i % 1000) };
    default:
      return {
        id: i,
        auction: auctionOf(i),
        bidder: (i * 31) % 1000,
        price: 100 + ((i * 7919) % 10_000),
        channel: ['Google', 'Apple'][i % 2],
      };
  }
}
const auctionOf = (i: number) => round(i) * AUCTIONS + (i % AUCTIONS);
const isBid = (i: number) => kindOf(i) === 'bid';

const streams = (...kinds: Kind[]) => kinds.map((name) => ({ name, topic: name }));
const nexmark = { seconds: 5, sink: 'mqtt' as const, message: (i: number) => ({ topic: kindOf(i), payload: JSON.stringify(event(i)) }) };

const bids =
  (windows: number): Job['proof'] =>
  (rows, from, count) => {
    let expected = 0;
    for (let i = from; i < from + count; i++) if (isBid(i)) expected += windows;
    let sum = 0;
    for (const { n } of rows) sum += typeof n === 'number' ? n : 0;
    return { expected, delivered: Math.min(sum, expected), wrong: Math.max(0, sum - expected) };
  };

const city = (i: number) => ({
  id: i,
  device: `sensor${i % 500}`,
  ts: 1_700_000_000_000 + i,
  // each tenth is missing, each twentieth out of range
  ...(i % 10 === 3 ? {} : { temperature: i % 20 === 7 ? 400 : 10 + (i % 300) / 10 }),
  humidity: 30 + (i % 60),
  light: (i * 17) % 3000,
  dust: (i * 29) % 1200,
});
const riot = {
  seconds: 5,
  sink: 'mqtt' as const,
  streams: [{ name: 'city', topic: 'city' }],
  message: (i: number) => ({ topic: 'city', payload: JSON.stringify(city(i)) }),
};

export const streamJobs: readonly Job[] = [
  {
    ...nexmark,
    name: 'nexmark-q1',
    doc: 'Nexmark q1: prices in another currency',
    drainSeconds: 0,
    streams: streams('bid'),
    rules: [{ id: 'q1', sql: 'SELECT id, auction, bidder, price * 0.908 AS price FROM bid' }],
    proof: proofById(isBid),
  },
  {
    ...nexmark,
    name: 'nexmark-q2',
    doc: 'Nexmark q2: bids for some auctions',
    drainSeconds: 0,
    streams: streams('bid'),
    rules: [{ id: 'q2', sql: 'SELECT id, auction, price FROM bid WHERE auction % 123 = 0' }],
    proof: proofById((i) => isBid(i) && auctionOf(i) % 123 === 0),
  },
  {
    ...nexmark,
    name: 'nexmark-q5',
    doc: 'Nexmark q5: bids of each auction in hopping windows',
    drainSeconds: 14,
    streams: streams('bid'),
    rules: [{ id: 'q5', sql: 'SELECT auction, count(*) AS n FROM bid GROUP BY auction, HOPPINGWINDOW(ss, 10, 2)' }],
    proof: bids(5),
  },
  {
    ...nexmark,
    name: 'nexmark-q7',
    doc: 'Nexmark q7: the highest bid of each 10 s',
    drainSeconds: 12,
    streams: streams('bid'),
    rules: [{ id: 'q7', sql: 'SELECT max(price) AS price, count(*) AS n FROM bid GROUP BY TUMBLINGWINDOW(ss, 10)' }],
    proof: bids(1),
  },
  {
    ...nexmark,
    name: 'nexmark-q8',
    doc: 'Nexmark q8: persons who sell in the 10 s in which they came',
    drainSeconds: 12,
    streams: streams('person', 'auction'),
    rules: [
      {
        id: 'q8',
        sql: 'SELECT auction.id AS id FROM person INNER JOIN auction ON person.person = auction.seller GROUP BY TUMBLINGWINDOW(ss, 10)',
      },
    ],
    // the end of a window may part a person from auctions of its round, which is right: windows end once or twice in a repetition
    proof(rows, from, count) {
      const strict = proofById((i) => kindOf(i) === 'auction')(rows, from, count);
      const parted = Math.min(strict.expected - strict.delivered, 2 * AUCTIONS);
      return { ...strict, expected: strict.expected - parted };
    },
  },
  {
    ...riot,
    name: 'riot-etl',
    doc: 'RIoTBench ETL: range filter, interpolation, annotation → MQTT',
    drainSeconds: 0,
    rules: [
      {
        id: 'etl',
        sql: 'SELECT id, device, ts, CASE WHEN isNull(temperature) THEN lag(temperature, 1, 0, true) ELSE temperature END AS temperature, humidity, light, dust, concat("city/", device) AS source FROM city WHERE isNull(temperature) OR temperature < 100',
      },
    ],
    proof: proofById((i) => i % 20 !== 7),
  },
  {
    ...riot,
    name: 'riot-stats',
    doc: 'RIoTBench STATS: mean, second moment and distinct values by sensor in windows of 10 s → MQTT',
    drainSeconds: 14,
    rules: [
      {
        id: 'stats',
        sql: 'SELECT device, count(*) AS n, avg(light) AS mean, stddev(light) AS deviation, max(dust) AS dust FROM city GROUP BY device, TUMBLINGWINDOW(ss, 10)',
      },
    ],
    proof: proofByCount((i) => `sensor${i % 500}`),
  },
];
