// Fills the compile cache once after set-up, so that the first start is as quick and small as all later ones (without the cache the types
// of hundreds of files are stripped at each start: a second and 30 MB). Loads code, starts nothing. Called by scripts/setup.sh.
import { execFileSync } from 'node:child_process';
import { codecs } from '../src/codecs/index.ts';
import { connectors } from '../src/connectors/index.ts';

for (const entry of ['src/daemon/main.ts', 'src/cli/main.ts'])
  execFileSync(process.execPath, [...process.execArgv, entry, '--help'], { stdio: 'ignore' }); // the cache depends on V8's flags
await import('../src/daemon/run.ts');
await import('../src/daemon/gateway.ts');
await import('../src/service/rules/rule-plan.ts');
await import('../src/templates/index.ts');
for (const part of [...connectors, ...codecs]) await part.load();
process.exit(0);
