// Command line of kuiperd.
import { describe, expect, test } from 'vitest';
import { parseDaemonArguments } from '../../src/daemon/arguments.ts';

describe('kuiperd arguments', () => {
  test('the root comes from --root, else KuiperBaseKey, else the working directory', () => {
    expect(parseDaemonArguments(['--root', '/a'], { KuiperBaseKey: '/b' })).toMatchObject({ root: '/a' });
    expect(parseDaemonArguments([], { KuiperBaseKey: '/b' })).toMatchObject({ root: '/b' });
    expect(parseDaemonArguments([], {})).toMatchObject({ root: process.cwd() });
  });

  test("eKuiper's folder flags are understood", () => {
    expect(parseDaemonArguments(['-data', '/d', '--etc=/e'], {})).toMatchObject({ folders: { data: '/d', etc: '/e' } });
    expect(parseDaemonArguments(['-loadFileType', 'absolute'], {})).toMatchObject({
      folders: { etc: '/etc/kuiper', data: '/var/lib/kuiper/data' },
    });
  });

  test('what makes no sense is refused with a reason', () => {
    expect(parseDaemonArguments(['--rot', '/a'], {})).toEqual({ problem: 'unknown option --rot' });
    expect(parseDaemonArguments(['--root'], {})).toEqual({ problem: '--root needs a value' });
    expect(parseDaemonArguments(['start'], {})).toEqual({ problem: 'unexpected argument "start"' });
  });
});
