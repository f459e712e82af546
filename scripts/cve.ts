// `make cve`: known weaknesses of what the image ships. Debian packages of the lock against the data of Debian's security tracker, npm packages by what the
// registry answers (scripts/audit.ts); minus what docs/evidence/vex.json says does not apply. Exit 0: none; 1: some, listed; 2: nobody answered, so that
// nothing is known. `--tracker FILE` takes a copy of https://security-tracker.debian.org/tracker/data/json, `--status FILE` dpkg's status of the image.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { auditResult } from './audit.ts';
import { compareDebianVersions } from './lib/debian-version.ts';

const ROOT = join(import.meta.dirname, '..');
const TRACKER = 'https://security-tracker.debian.org/tracker/data/json';
const RELEASE = 'trixie';

/** Source package → CVE → what the tracker says of it. */
export type Tracker = Record<
  string,
  Record<string, { description?: string; releases?: Record<string, { status?: string; urgency?: string; fixed_version?: string }> }>
>;

export interface Weakness {
  cve: string;
  source: string;
  version: string;
  /** undefined: there is no corrected version. */
  fixed: string | undefined;
  urgency: string;
  description: string;
}

/** One statement of OpenVEX 0.2. */
export interface VexStatement {
  vulnerability: { name: string };
  /** Package URLs without a version, or with one. */
  products: { '@id': string }[];
  status: 'not_affected' | 'affected' | 'fixed' | 'under_investigation';
  justification?: string;
  impact_statement?: string;
}

const JUSTIFICATIONS = [
  'component_not_present',
  'vulnerable_code_not_present',
  'vulnerable_code_not_in_execute_path',
  'vulnerable_code_cannot_be_controlled_by_adversary',
  'inline_mitigations_already_exist',
];

/** Lines `name=version sha256` → name → version. */
export function lockedPackages(lock: string): Map<string, string> {
  return new Map([...lock.matchAll(/^([^#=\s]+)=(\S+) [0-9a-f]{64}$/gm)].map((m) => [m[1]!, m[2]!]));
}

/** dpkg's status: binary package → its source and the version of that. */
export function sourcesOf(status: string): Map<string, { source: string; version: string }> {
  const out = new Map<string, { source: string; version: string }>();
  for (const block of status.split(/\n\n+/)) {
    const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
    const [name, version] = [field('Package'), field('Version')];
    if (!name || !version) continue;
    const [, source, own] = /^(\S+)(?: \((.*)\))?$/.exec(field('Source') ?? name) ?? [];
    out.set(name, { source: source ?? name, version: own ?? version });
  }
  return out;
}

/** What the tracker knows of these sources that is open, or corrected in a later version. */
export function weaknessesOf(tracker: Tracker, sources: ReadonlyMap<string, string>, release = RELEASE): Weakness[] {
  const out: Weakness[] = [];
  for (const [source, version] of sources)
    for (const [cve, { description = '', releases }] of Object.entries(tracker[source] ?? {})) {
      const now = releases?.[release];
      if (!now || now.urgency === 'unimportant' || now.status === 'undetermined') continue;
      const fixed = now.status === 'resolved' ? now.fixed_version : undefined;
      // 0: the version that has it was never in this release
      if (fixed === '0' || (fixed !== undefined && compareDebianVersions(version, fixed) >= 0)) continue;
      out.push({ cve, source, version, fixed, urgency: now.urgency ?? 'not yet assigned', description });
    }
  return out.sort((a, b) => (a.source + a.cve < b.source + b.cve ? -1 : 1));
}

/** @returns what is wrong with the statements */
export function vexProblems(statements: readonly VexStatement[]): string[] {
  return statements.flatMap(({ vulnerability, products, status, justification, impact_statement }, i) => {
    const at = `statement ${i + 1} (${vulnerability?.name})`;
    const problems: string[] = [];
    if (!/^(CVE-\d{4}-\d{4,}|GHSA(-\w{4}){3}|TEMP-.+)$/.test(vulnerability?.name ?? '')) problems.push(`${at}: it names no weakness`);
    if (!products?.length || products.some((p) => !/^pkg:(deb\/debian|npm|generic)\//.test(p['@id'])))
      problems.push(`${at}: it names no package URL`);
    if (status === 'not_affected' && (!JUSTIFICATIONS.includes(justification ?? '') || (impact_statement ?? '').length < 20))
      problems.push(`${at}: not_affected needs one of ${JUSTIFICATIONS.join(', ')} and a sentence in impact_statement`);
    return problems;
  });
}

/** True when a statement says that the weakness does not touch this package. */
export function isExplained({ cve, source, version }: Weakness, statements: readonly VexStatement[]): boolean {
  const names = [`pkg:deb/debian/${source}`, `pkg:deb/debian/${source}@${version}`];
  return statements.some(
    (s) =>
      s.vulnerability.name === cve &&
      (s.status === 'not_affected' || s.status === 'fixed') &&
      s.products.some((p) => names.includes(decodeURIComponent(p['@id'].split('?')[0]!))),
  );
}

async function trackerData(file: string | undefined): Promise<Tracker | string> {
  if (file !== undefined) return JSON.parse(readFileSync(file, 'utf8')) as Tracker;
  try {
    const answer = await fetch(TRACKER, { signal: AbortSignal.timeout(120_000) });
    if (!answer.ok) return `${TRACKER} answered ${answer.status}`;
    return (await answer.json()) as Tracker;
  } catch (error) {
    return `${TRACKER}: ${(error as Error).message}`;
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { tracker: { type: 'string' }, status: { type: 'string' }, lock: { type: 'string' } } });
  const { statements } = JSON.parse(readFileSync(join(ROOT, 'docs/evidence/vex.json'), 'utf8')) as { statements: VexStatement[] };
  const problems = vexProblems(statements);
  for (const text of problems) console.log(`docs/evidence/vex.json: ${text}`);
  let worst = problems.length > 0 ? 1 : 0;
  const locked = lockedPackages(readFileSync(values.lock ?? join(ROOT, 'image/lock/packages.lock'), 'utf8'));
  const known =
    values.status === undefined ? new Map<string, { source: string; version: string }>() : sourcesOf(readFileSync(values.status, 'utf8'));
  const sources = new Map([...locked].map(([name, version]) => [known.get(name)?.source ?? name, known.get(name)?.version ?? version]));
  const tracker = await trackerData(values.tracker);
  if (typeof tracker === 'string') {
    console.log(
      `Debian packages: NO ANSWER (${tracker}). Nothing is known about weaknesses of ${locked.size} packages: this is not "none".`,
    );
    console.log('  Ask again where the tracker can be reached, or give a copy of it: make cve ARGS="--tracker FILE".');
    worst = 2;
  } else {
    const found = weaknessesOf(tracker, sources);
    const open = found.filter((w) => !isExplained(w, statements));
    console.log(
      `Debian packages: ${locked.size} looked up, ${found.length} weaknesses, ${found.length - open.length} explained by docs/evidence/vex.json.`,
    );
    if (known.size === 0)
      console.log(
        '  Without --status FILE a package is looked up under its own name: those whose source has another name are NOT covered.',
      );
    for (const { cve, source, version, fixed, urgency } of open)
      console.log(`  ${cve} ${source} ${version} (${urgency}): ${fixed ? `corrected in ${fixed}` : 'open'}`);
    if (open.length > 0) worst = Math.max(worst, 1);
  }
  const run = spawnSync('npm', ['audit', '--json', '--omit=dev'], { encoding: 'utf8', cwd: ROOT });
  const npm = auditResult('npm packages', run.stdout || run.stderr || String(run.error ?? ''));
  console.log(npm.lines.join('\n'));
  process.exitCode = Math.max(worst, npm.exitCode);
}

if (import.meta.main) await main();
