// The description of REST before tools that others wrote (PyPI, installed by scripts/test-deps.sh): it is valid, a client generated from it works, and
// calls made from it never meet a fault of the gateway or a status that it does not declare.
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RealGateway, realGateway } from '../helpers/real-gateway.ts';

const bin = join(process.cwd(), '.cache/openapi/bin');
const run = promisify(execFile);

// what acts on the process, the machine or the network is left out: it would end the run or leave this host
const LEFT_OUT =
  '^/(stop|data/import|async/data/import|v2/data/import|ruleset/import|restore|batch/req|plugins|services|udf|tracer|secrets/rekey)';

describe.runIf(existsSync(join(bin, 'schemathesis')))('the description of REST before public tools', () => {
  let made: RealGateway;
  let folder: string;
  let file: string;
  beforeAll(async () => {
    made = await realGateway();
    folder = mkdtempSync(join(tmpdir(), 'kuiper-openapi-'));
    file = join(folder, 'openapi.json');
    writeFileSync(file, (await made.call('GET', '/openapi.json')).text);
  });
  afterAll(async () => {
    await made.close();
    rmSync(folder, { recursive: true, force: true });
  });

  // @covers issue:18#1
  it('openapi-spec-validator finds nothing wrong', async () => {
    const { stdout } = await run(join(bin, 'openapi-spec-validator'), [file]);
    expect(stdout).toContain('OK');
  });

  it('a client generated from it makes a stream and a rule, lists and deletes them', { timeout: 60_000 }, async () => {
    await run(join(bin, 'openapi-python-client'), ['generate', '--path', file, '--output-path', join(folder, 'client'), '--meta', 'none'], {
      cwd: folder,
    });
    const script = join(folder, 'drive.py');
    writeFileSync(script, DRIVE);
    const { stdout } = await run(join(bin, 'python'), [script, made.url], { cwd: folder, env: { ...process.env, PYTHONPATH: folder } });
    expect(JSON.parse(stdout)).toEqual({ made: [201, 201], streams: ['generated'], rule: 'generated', dropped: [200, 200] });
  });

  it('calls that schemathesis makes from it meet no fault and no undeclared status', { timeout: 120_000 }, async () => {
    const args = ['run', file, '--url', made.url, '--checks', 'not_a_server_error,status_code_conformance', '--phases', 'examples,fuzzing'];
    const more = ['--max-examples', '3', '--seed', '4711', '--exclude-path-regex', LEFT_OUT, '--generation-database', 'none', '--no-color'];
    const { stdout } = await run(join(bin, 'schemathesis'), [...args, ...more], { cwd: folder, maxBuffer: 1e8 }).catch(
      (error: { stdout?: string }) => ({ stdout: error.stdout ?? String(error) }),
    );
    expect(stdout.match(/- (Server error|Undocumented HTTP status code)/g) ?? [], stdout.slice(-6000)).toEqual([]);
    expect(stdout).toMatch(/\d+ generated/);
  });
});

const DRIVE = `
import json, sys
from client import Client
from client.api.streams import post_streams, get_streams, delete_streams_name
from client.api.rules import post_rules, get_rules_name, delete_rules_name
from client.models import PostStreamsBody, PostRulesBody
c = Client(base_url=sys.argv[1])
sql = 'CREATE STREAM generated () WITH (TYPE="memory", DATASOURCE="t")'
a = post_streams.sync_detailed(client=c, body=PostStreamsBody(sql=sql))
rule = PostRulesBody.from_dict({'id': 'generated', 'sql': 'SELECT * FROM generated', 'actions': [{'nop': {}}], 'triggered': False})
b = post_rules.sync_detailed(client=c, body=rule)
streams = json.loads(get_streams.sync_detailed(client=c).content)
one = json.loads(get_rules_name.sync_detailed('generated', client=c).content)
d = delete_rules_name.sync_detailed('generated', client=c)
e = delete_streams_name.sync_detailed('generated', client=c)
print(json.dumps({'made': [a.status_code, b.status_code], 'streams': streams, 'rule': one['id'], 'dropped': [d.status_code, e.status_code]}))
`;
