// The command as a person runs it: a real broker, this gateway from source, results as a page and as raw figures.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Report } from '../../../bench/public/page.ts';
import { haveMosquitto } from '../../helpers/mosquitto.ts';

describe.runIf(haveMosquitto)('make bench-public', () => {
  // @covers issue:24#8
  it('measures with whatever is there, proves the results, and names a peer that is absent or does not start', { timeout: 240_000 }, () => {
    const out = mkdtempSync(path.join(tmpdir(), 'kuiper-public-test-'));
    try {
      const args = ['--only', 'w1', '--runs', '1', '--rate', '300', '--seconds', '1', '--out', out, '--ekuiper', '/nowhere/kuiperd'];
      execFileSync(process.execPath, ['bench/public/main.ts', ...args], { encoding: 'utf8', timeout: 220_000 });
      const file = (end: string) => readFileSync(path.join(out, readdirSync(out).find((f) => f.endsWith(end))!), 'utf8');
      const report = JSON.parse(file('.json')) as Report;
      const [us, loop, ekuiper] = report.jobs[0]!.peers;
      expect(us!.left).toBeUndefined();
      expect(us!.runs).toHaveLength(1);
      expect(us!.runs[0]!.expected).toBeGreaterThan(270);
      expect(us!.runs[0]).toMatchObject({ delivered: us!.runs[0]!.expected, wrong: 0 });
      expect(loop!.left).toBe('has no SQL; filters only');
      expect(ekuiper!.left).toMatch(/^could not be started: .*\/nowhere\/kuiperd/);
      expect(report.absent).toEqual(['rekuiper', 'Telegraf', 'Bento', 'Node-RED']);
      expect(file('.md')).toMatch(/\| kuiper-gateway \| \d/);
    } finally {
      rmSync(out, { recursive: true, force: true });
    }
  });
});
