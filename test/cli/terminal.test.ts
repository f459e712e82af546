// The live views of the command line in a real terminal: drawn, resized, interrupted, piped.
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type RealGateway, realGateway } from '../helpers/real-gateway.ts';
import { haveTmux, openTerminal, type Terminal } from '../helpers/tmux.ts';

const PROGRAM = resolve(import.meta.dirname, '../..');

describe.runIf(haveTmux)('live views in a terminal', () => {
  let gateway: RealGateway;
  let folder: string;
  let env: Record<string, string>;
  let terminal: Terminal | undefined;

  beforeAll(async () => {
    gateway = await realGateway();
    folder = mkdtempSync(join(tmpdir(), 'kuiper-terminal-'));
    // what stands in PATH on a device
    writeFileSync(join(folder, 'kuiper'), `#!/bin/sh\nexec ${PROGRAM}/node_modules/node/bin/node ${PROGRAM}/src/cli/main.ts "$@"\n`);
    chmodSync(join(folder, 'kuiper'), 0o755);
    env = {
      PATH: `${folder}:${process.env['PATH']}`,
      HOME: folder,
      KUIPER_URL: gateway.url,
      NODE_COMPILE_CACHE: join(PROGRAM, '.cache/compile'),
      TERM: 'xterm-256color',
    };
    await gateway.call('PUT', '/metadata/sources/simulator/confKeys/fast', {
      data: [
        { temperature: 21, device: 'press1' },
        { temperature: 84, device: 'press2' },
      ],
      interval: '50ms',
      loop: true,
    });
    await gateway.call('POST', '/streams', {
      sql: 'CREATE STREAM presses () WITH (TYPE="simulator", CONF_KEY="fast", FORMAT="json")',
    });
    for (const id of ['hot', 'warm', 'cold'])
      await gateway.call('POST', '/rules', {
        id,
        sql: 'SELECT device, temperature FROM presses WHERE temperature > 80',
        actions: [{ nop: {} }],
      });
  }, 60_000);
  afterEach(() => {
    terminal?.end();
    terminal = undefined;
  });
  afterAll(async () => {
    await gateway.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const open = (columns?: number, lines?: number): Terminal => (terminal = openTerminal('sh', env, columns, lines));
  const counts = async () => JSON.parse((await gateway.call('GET', '/live/counts')).text) as Record<string, { viewers: number }>;
  const nobodyLooks = () =>
    expect.poll(async () => Object.values(await counts()).reduce((n, c) => n + c.viewers, 0), { timeout: 20_000 }).toBe(0);

  // @covers issue:23#2
  test('top is drawn again as the terminal changes its size, cut to it, and q gives the screen back as it was', async () => {
    const t = open(100, 20);
    await t.see(/^[#$]/m);
    t.type('echo before; kuiper top; echo "code=$?"');
    t.keys('Enter');
    const wide = await t.see(
      (s) => /^3 rules, all ok/m.test(s) && ['cold', 'hot', 'warm'].every((r) => s.includes(`\n${r} `)),
      'three rules',
    );
    expect(wide).toContain('WAITING  ERRORS');
    t.resize(46, 6);
    const small = await t.see((s) => s.includes('… 1 more'), 'two of three rules');
    expect(Math.max(...small.split('\n').map((l) => l.length))).toBeLessThanOrEqual(46);
    expect(small.split('\n').length).toBeLessThanOrEqual(6);
    t.resize(100, 20);
    await t.see(/\nwarm /);
    t.keys('q');
    const after = await t.see(/code=0/);
    expect(after).toContain('before');
    expect(after).not.toContain('WAITING');
  }, 60_000);

  test('plot draws a line that fits the terminal, and Ctrl-C gives the screen and the cursor back', async () => {
    const t = open(80, 16);
    await t.see(/^[#$]/m);
    t.type('kuiper plot presses temperature; echo "code=$?"');
    t.keys('Enter');
    const drawn = await t.see(/84 │.*█/);
    expect(t.modes()).toEqual({ cursor: false, alternate: true });
    expect(drawn).toMatch(/^presses temperature: (21|84)$/m);
    t.resize(30, 8);
    const small = await t.see((s) => s.split('\n').length <= 8 && s.includes('84 │'), 'a smaller plot');
    expect(Math.max(...small.split('\n').map((l) => l.length))).toBeLessThanOrEqual(30);
    t.keys('C-c');
    await t.see(/code=0/);
    expect(t.modes()).toEqual({ cursor: true, alternate: false });
    // keys are seen again as they are typed
    t.type('echo typed');
    await t.see(/[#$] echo typed$/m);
  }, 60_000);

  test.each([
    ['tail hot', /"device":"press2"/],
    ['tap hot filter', /3_filter +\{"device":"press1"|filter +\{.*press1/],
    ['logs -f hot', /./],
    ['events', /./],
  ])(
    '%s is ended by Ctrl-C with code 0, and leaves no trial behind',
    async (command, seen) => {
      const t = open(120, 12);
      await t.see(/^[#$]/m);
      t.type(`kuiper ${command}; echo "code=$?"`);
      t.keys('Enter');
      await t.see(seen);
      // logs and events may have nothing to say yet: they run when the shell does not answer
      if (/^(logs|events)/.test(command)) await sleep(1500);
      t.keys('C-c');
      await t.see(/code=0/);
      await nobodyLooks();
      expect(JSON.parse((await gateway.call('GET', '/rules')).text)).toHaveLength(3);
    },
    60_000,
  );

  test('query edits lines, completes with Tab, prints rows above what is typed, and remembers for the next time', async () => {
    const t = open(100, 24);
    await t.see(/^[#$]/m);
    t.type('kuiper query; echo "code=$?"');
    t.keys('Enter');
    await t.see(/kuiper > $|kuiper >$/m);
    t.type('SELECT device FROM pres');
    t.keys('Tab');
    await t.see(/SELECT device FROM presses/);
    // the cursor moves within the line
    t.keys('C-a');
    for (let i = 0; i < 'SELECT device'.length; i++) t.keys('Right');
    t.type(', temperature');
    await t.see(/SELECT device, temperature FROM presses/);
    t.keys('Enter');
    await t.see(/Query was submit successfully/);
    await t.see(/\{"device":"press1","temperature":21\}/);
    t.type('half a word');
    await t.see((s) => /kuiper > half a word$/.test(s) && s.includes('press2'), 'rows above the line that is typed');
    // Ctrl-C lets the line go and ends the query
    t.keys('C-c');
    await expect
      .poll(async () => (await gateway.call('POST', '/ruletest/internal-ekuiper_query_rule/start')).status, { timeout: 20_000 })
      .toBe(400);
    t.type('quit');
    t.keys('Enter');
    await t.see(/code=0/);
    const file = join(folder, '.local/state/kuiper/query-history');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8').split('\n')[0]).toBe('SELECT device, temperature FROM presses');
    t.type('clear; kuiper query');
    t.keys('Enter');
    await t.see(/kuiper >/);
    t.keys('Up', 'Up');
    await t.see(/kuiper > SELECT device, temperature FROM presses/);
    t.keys('C-c', 'C-d');
  }, 60_000);

  test('a long call shows how far it is on a terminal, and takes the line away when it is over', async () => {
    // a gateway that takes its time: reads slowly, works, answers slowly
    const server = createServer((request, response) => {
      request.on('data', () => {
        request.pause();
        setTimeout(() => request.resume(), 10);
      });
      request.on('end', () => {
        if (request.url === '/restore') {
          const report = JSON.stringify({ applied: true, dryRun: false, items: [], notes: [] });
          return setTimeout(() => response.end(report), 1800);
        }
        response.writeHead(200, { 'Content-Length': '400000' });
        let sent = 0;
        const next = () => {
          response.write('x'.repeat(40_000));
          sent += 40_000;
          if (sent < 400_000) setTimeout(next, 200);
          else response.end();
        };
        next();
      });
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as { port: number };
    try {
      // more than the buffers of the system take at once
      writeFileSync(join(folder, 'big'), Buffer.alloc(9_000_000));
      const t = openTerminal('sh', { ...env, KUIPER_URL: `http://127.0.0.1:${port}` }, 100, 12);
      terminal = t;
      await t.see(/^[#$]/m);
      t.type('cd; kuiper restore big; echo "code=$?"');
      t.keys('Enter');
      await t.see(/\[#+\.+\] +\d+ % sending, \d+\.\d MB of 12\.0 MB/);
      await t.see(/The gateway is working, [1-9] s/);
      expect(await t.see(/code=0/)).not.toMatch(/sending|working/);
      t.type('clear; kuiper backup copy --without-secrets; echo "code=$?"');
      t.keys('Enter');
      await t.see(/\[#+\.+\] +\d+ % receiving, 0\.\d MB of 0\.4 MB/);
      const after = await t.see(/code=0/);
      expect(after).not.toContain('receiving');
      expect(after).toContain('The backup is in copy (400000 bytes).');
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }, 60_000);

  test.each([['tail hot'], ['tap hot'], ['top'], ['plot presses temperature'], ['query']])(
    '%s into a pipe gives lines without control characters, and ends when nobody reads on',
    async (command) => {
      const line =
        command === 'query' ? `(echo 'SELECT device FROM presses'; sleep 3) | kuiper query | head -n 3` : `kuiper ${command} | head -n 2`;
      const child = spawn('sh', ['-c', line], { env, stdio: ['ignore', 'pipe', 'pipe'] });
      let [out, err] = ['', ''];
      child.stdout.on('data', (d: Buffer) => (out += d.toString()));
      child.stderr.on('data', (d: Buffer) => (err += d.toString()));
      await new Promise((ended) => child.once('exit', ended));
      expect(err).toBe('');
      expect(out.split('\n').length).toBeGreaterThanOrEqual(2);
      expect(out).not.toMatch(/(?!\n)\p{Cc}/u);
    },
    60_000,
  );

  const shells = [
    ['bash', 'bash --norc --noprofile', 'eval "$(kuiper completion bash)"'],
    ['zsh', 'zsh -f', 'autoload -U compinit; compinit -D -u; eval "$(kuiper completion zsh)"'],
    ['fish', 'fish --no-config', 'kuiper completion fish | source'],
  ] as const;
  test.each(shells)(
    '%s completes verbs, objects, names of the gateway and flags',
    async (shell, start, load) => {
      if (!existsSync(`/usr/bin/${shell}`) && !existsSync(`/bin/${shell}`)) {
        if (process.env['CI'] === 'true') throw new Error(`${shell} is missing (scripts/test-deps.sh installs it)`);
        return console.warn(`\n*** ${shell} is missing: its completion is left out ***\n`);
      }
      const t = (terminal = openTerminal(start, env, 120, 24));
      await t.see(/[$%>#]/);
      t.type(`${load}; clear; echo ready`);
      t.keys('Enter');
      await t.see(/^ready/m);
      const complete = async (typed: string, wanted: RegExp) => {
        t.type(typed);
        t.keys('Tab');
        await t.see(wanted);
      };
      await complete('kuiper gets', /kuiper getstatus(?!\S)/);
      // bash offers `import` as well
      await complete('r', /kuiper getstatus rule(?!\S)/);
      await complete('ho', /kuiper getstatus rule hot(?!\S)/);
      t.keys('C-u');
      await complete('kuiper tap hot 3', /kuiper tap hot 3_filter/);
      await complete('--co', /kuiper tap hot 3_filter --count/);
    },
    120_000,
  );
});
