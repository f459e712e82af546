// `kuiper lsp` in Neovim itself (Debian package, scripts/test-deps.sh): its own client starts the server, shows the errors, completes, corrects, formats.
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { makeService } from '../service/make-service.ts';
import { restOf } from './rest-of.ts';

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');
const SCRIPT = join(import.meta.dirname, 'editors/neovim.lua');
const haveNeovim = spawnSync('nvim', ['--version']).error === undefined;
if (!haveNeovim && process.env['CI'] === 'true') throw new Error('nvim is missing: scripts/test-deps.sh installs it');
if (!haveNeovim) console.warn('nvim is not installed (scripts/test-deps.sh): the language server is not tried in Neovim');

describe.runIf(haveNeovim)('Neovim with kuiper lsp', () => {
  // @covers issue:20#9
  test('shows errors and help, completes, takes a correction and formats', async () => {
    const made = await makeService();
    const server = await restOf(made);
    const folder = mkdtempSync(join(tmpdir(), 'kuiper-nvim-'));
    try {
      await made.sql('CREATE STREAM plant (temperature FLOAT, o STRUCT(x BIGINT)) WITH (DATASOURCE="plant")');
      const file = join(folder, 'rules.sql');
      const found = join(folder, 'found.json');
      writeFileSync(
        file,
        'select avgg(temperature) FROM plant GROUP BY TUMBLINGWINDOW(ss, 10);\nSELECT round(temperature) AS r FROM plant;\n\n',
      );
      await promisify(execFile)('nvim', ['--headless', '-u', 'NONE', '-i', 'NONE', '-n', '-c', `luafile ${SCRIPT}`], {
        timeout: 90_000,
        env: {
          ...process.env,
          HOME: folder,
          XDG_CONFIG_HOME: folder,
          XDG_DATA_HOME: folder,
          XDG_STATE_HOME: folder,
          XDG_CACHE_HOME: folder,
          KUIPER_LSP: JSON.stringify([process.execPath, MAIN, '--url', server.url, 'lsp']),
          KUIPER_FILE: file,
          KUIPER_FOUND: found,
        },
      });
      const { version, hover, ...rest } = JSON.parse(readFileSync(found, 'utf8')) as Record<string, unknown>;
      expect(version).toMatch(/^\d+\.\d+$/);
      expect(hover).toContain('round(');
      expect(rest).toEqual({
        first: ['0:7-0:11 SQL_UNKNOWN_FUNCTION function avgg not found\nhint: did you mean avg?'],
        completion: ['temperature'],
        actions: ['Change to avg'],
        left: ['2:7-2:17 PLAN_UNKNOWN_COLUMN unknown field plant.temp\nhint: the fields are temperature, o'],
        corrected: 'select avg(temperature) FROM plant GROUP BY TUMBLINGWINDOW(ss, 10);',
        formatted: [
          'SELECT avg(temperature) FROM plant GROUP BY TUMBLINGWINDOW(ss, 10);',
          '',
          'SELECT round(temperature) AS r FROM plant;',
          '',
          'SELECT plant.temp FROM plant;',
        ],
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
      server.destroy();
      await server.close();
      await made.close();
    }
  });
});
