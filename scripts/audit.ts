// `make audit`: known advisories for the packages of the lock file, asked of the registry by npm. Exit 0: none; 1: some, listed; 2: nobody answered, so
// that nothing is known. Never part of `make test`: it needs the network, and its answer changes without a commit.
import { spawnSync } from 'node:child_process';

export interface AuditResult {
  exitCode: 0 | 1 | 2;
  lines: string[];
}

interface Advisory {
  name?: string;
  severity?: string;
  range?: string;
  fixAvailable?: unknown;
  via?: (string | { title?: string; url?: string })[];
}

/** @param output what `npm audit --json` printed */
export function auditResult(what: string, output: string): AuditResult {
  const unknown = (why: string): AuditResult => ({
    exitCode: 2,
    lines: [
      `${what}: NO ANSWER (${why}). Nothing is known about advisories: this is not "none". Ask again where a registry answers audits.`,
    ],
  });
  let report: { error?: { code?: string; summary?: string }; message?: string; vulnerabilities?: Record<string, Advisory> };
  try {
    report = JSON.parse(output) as typeof report;
  } catch {
    return unknown(output.trim().split('\n')[0]?.slice(0, 200) || 'npm printed nothing');
  }
  if (report.error || typeof report.vulnerabilities !== 'object' || report.vulnerabilities === null)
    return unknown(report.error?.summary || report.error?.code || report.message || 'no list of advisories in the answer');
  const found = Object.entries(report.vulnerabilities);
  if (found.length === 0) return { exitCode: 0, lines: [`${what}: no advisories.`] };
  const lines = found.map(([name, { severity, range, via, fixAvailable }]) => {
    const why = (via ?? []).map((v) => (typeof v === 'string' ? `through ${v}` : `${v.title ?? ''} ${v.url ?? ''}`.trim())).join('; ');
    return `  ${name} ${range ?? ''} (${severity ?? 'unknown'}): ${why}${fixAvailable ? '; a fixed version is there' : ''}`;
  });
  return { exitCode: 1, lines: [`${what}: advisories for ${found.length} packages:`, ...lines] };
}

if (import.meta.main) {
  let worst = 0;
  for (const [what, args] of [
    ['shipped packages', ['--omit=dev']],
    ['packages for development', ['--include=dev']],
  ] as const) {
    const run = spawnSync('npm', ['audit', '--json', ...args], { encoding: 'utf8' });
    const { exitCode, lines } = auditResult(what, run.stdout || run.stderr || String(run.error ?? ''));
    console.log(lines.join('\n'));
    worst = Math.max(worst, exitCode);
  }
  process.exitCode = worst;
}
