// Window operators alone, in process: what a row costs in each kind of window.
import { measureWindows, type WindowFigures } from '../windows.ts';
import type { Scenario } from './index.ts';

export const windows: Scenario<WindowFigures> = {
  name: 'windows',
  doc: 'windows and aggregation alone, ns per row',
  needsBroker: false,
  run: async ({ count, runs }) => measureWindows(count, runs),
  print: ({ nsPerRow, manyKeys, foldedHeapKiB, checkpoint }) => [
    ...Object.entries(nsPerRow).map(([name, ns]) => `${name.padEnd(50)} ${ns.toFixed(0).padStart(7)} ns per row`),
    ...Object.entries(manyKeys).map(([name, ns]) => `${`${name}, 10,000 keys`.padEnd(50)} ${ns.toFixed(0).padStart(7)} ns per row`),
    `heap of a folded window after all rows: ${foldedHeapKiB} KiB more`,
    `checkpoint of ${checkpoint.rows} rows: ${checkpoint.saveMs.toFixed(1)} ms save, ${checkpoint.serializeMs.toFixed(1)} ms serialize, ${Math.round(checkpoint.bytes / 1024)} KiB`,
  ],
};
