// PostgreSQL and MariaDB of a test's own, started from Debian's packages with an empty database `plant`.
import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { havePart } from '../../helpers/parts.ts';
import { type RealServer, startServer } from '../../helpers/real-server.ts';

/** Debian keeps the programs of each version in a folder of its own. */
const versions = existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql').sort((a, b) => Number(b) - Number(a)) : [];
const bin = versions.map((v) => `/usr/lib/postgresql/${v}/bin`).find((b) => existsSync(join(b, 'initdb'))) ?? '/usr/lib/postgresql/bin';

export const havePostgres = havePart(join(bin, 'postgres'), 'postgresql');
export const haveMariadb = havePart('mariadbd', 'mariadb-server');

const idOf = (user: string, what: '-u' | '-g'): number => Number(execFileSync('id', [what, user]).toString());

/** PostgreSQL refuses to run as root. */
export async function startPostgres(): Promise<RealServer> {
  const asRoot = process.getuid?.() === 0;
  const user = asRoot ? { uid: idOf('postgres', '-u'), gid: idOf('postgres', '-g') } : undefined;
  return startServer({
    name: 'postgres',
    ...(user ? { user } : {}),
    prepare({ folder }) {
      if (user) chownSync(folder, user.uid, user.gid);
      const how = { ...(user ?? {}), cwd: folder, stdio: 'pipe', env: { ...process.env, LC_ALL: 'C' } } as const;
      execFileSync(join(bin, 'initdb'), ['-D', `${folder}/data`, '-U', 'kuiper', '-A', 'trust', '-E', 'UTF8', '--no-sync'], how);
    },
    command: ({ port, folder }) => [
      join(bin, 'postgres'),
      ...['-D', `${folder}/data`, '-k', folder, '-p', String(port), '-h', '127.0.0.1'],
      // kills end the process, not the machine: what is written to the system stays
      ...['-c', 'fsync=off', '-c', 'shared_buffers=16MB'],
    ],
    ready: async ({ port }) => {
      try {
        execFileSync(join(bin, 'pg_isready'), ['-h', '127.0.0.1', '-p', String(port), '-q'], { stdio: 'ignore' });
        return true;
      } catch {
        return false; // not yet
      }
    },
    startLimitMs: 30_000,
  });
}

export async function startMariadb(): Promise<RealServer> {
  const asRoot = process.getuid?.() === 0;
  return startServer({
    name: 'mariadb',
    prepare({ folder }) {
      mkdirSync(join(folder, 'data'));
      const args = ['--no-defaults', `--datadir=${folder}/data`, '--auth-root-authentication-method=normal', '--skip-test-db'];
      execFileSync('mariadb-install-db', [...args, ...(asRoot ? ['--user=root'] : [])], { stdio: 'pipe' });
    },
    command: ({ port, folder }) => [
      'mariadbd',
      '--no-defaults',
      `--datadir=${folder}/data`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      `--socket=${folder}/s.sock`,
      `--pid-file=${folder}/pid`,
      '--innodb-buffer-pool-size=16M',
      '--innodb-flush-log-at-trx-commit=2',
      ...(asRoot ? ['--user=root'] : []),
    ],
    startLimitMs: 30_000,
  });
}
