// Plugins that attack. Each function tries one thing and says what came of it: `got …` is a success against the gateway.
export interface Target {
  gatewayPid: number;
  root: string;
}

/** One attack within a call: statements that return what was won, or throw. */
export const ATTACKS: Record<string, (t: Target) => string> = {
  killByShell: (t) => `m('child_process').execSync('kill -9 ${t.gatewayPid}', { stdio: 'pipe' }); return 'got killed'`,
  killByProcess: (t) => `const e = process._kill(${t.gatewayPid}, 9); if (e === 0) return 'got killed'; throw new Error('kill ' + e)`,
  killGroup: (t) => `const e = process._kill(-${t.gatewayPid}, 9); if (e === 0) return 'got killed'; throw new Error('kill ' + e)`,
  killParent: () =>
    `const e = process._kill(process.ppid, 9); if (e === 0 && process.ppid > 1) return 'got killed'; throw new Error('kill ' + e)`,
  stopGateway: (t) => `const e = process._kill(${t.gatewayPid}, 19); if (e === 0) return 'got stopped'; throw new Error('kill ' + e)`,
  openInspector: (t) => `const e = process._kill(${t.gatewayPid}, 10); if (e === 0) return 'got inspector'; throw new Error('kill ' + e)`,
  readEnviron: (t) => `return 'got ' + fs.readFileSync('/proc/${t.gatewayPid}/environ', 'latin1')`,
  readMemory: (t) => `fs.openSync('/proc/${t.gatewayPid}/mem', 'r'); return 'got memory'`,
  writeMemory: (t) => `fs.openSync('/proc/${t.gatewayPid}/mem', 'r+'); return 'got memory'`,
  readFdsOfGateway: (t) => `return 'got ' + fs.readdirSync('/proc/${t.gatewayPid}/fd').join()`,
  readRootOfGateway: (t) => `return 'got ' + fs.readFileSync('/proc/${t.gatewayPid}/root${t.root}/etc/mgmt/tokens', 'utf8')`,
  readTokens: (t) => `return 'got ' + fs.readFileSync('${t.root}/etc/mgmt/tokens', 'utf8')`,
  readTokensByShell: (t) => `return 'got ' + m('child_process').execSync('cat ${t.root}/etc/mgmt/tokens', { stdio: 'pipe' })`,
  readTokensByBinding: (t) => `return 'got ' + process.binding('fs').internalModuleReadJSON('${t.root}/etc/mgmt/tokens')`,
  readDatabase: (t) => `return 'got ' + fs.readFileSync('${t.root}/data/sqliteKV.db', 'latin1').slice(0, 20)`,
  listData: (t) => `return 'got ' + fs.readdirSync('${t.root}/data').join()`,
  readLogs: (t) => `return 'got ' + fs.readdirSync('${t.root}/log').join()`,
  readConfKeyOfOther: (t) => `return 'got ' + fs.readFileSync('${t.root}/etc/sources/other.yaml', 'utf8')`,
  writePlugins: (t) =>
    `fs.writeFileSync('${t.root}/plugins/functions/evil.ts', 'export class Evil { exec() { return 1; } }'); return 'got written'`,
  writeMgmt: (t) => `fs.writeFileSync('${t.root}/etc/mgmt/evil', 'x'); return 'got written'`,
  writeConfiguration: (t) => `fs.appendFileSync('${t.root}/etc/kuiper.yaml', '\\n#evil'); return 'got written'`,
  removeData: (t) => `fs.rmSync('${t.root}/data', { recursive: true }); return 'got removed'`,
  renamePlugins: (t) => `fs.renameSync('${t.root}/plugins', '${t.root}/plugins2'); return 'got renamed'`,
  linkToTokens: (t) =>
    `fs.mkdirSync('${t.root}/etc/functions/attacks', { recursive: true }); fs.symlinkSync('../../mgmt/tokens', '${t.root}/etc/functions/attacks/l'); return 'got ' + fs.readFileSync('${t.root}/etc/functions/attacks/l', 'utf8')`,
  hardLinkToTokens: (t) => `fs.linkSync('${t.root}/etc/mgmt/tokens', '/tmp/kuiper-hard-' + process.pid); return 'got linked'`,
  ownEnvironment: () =>
    `const all = JSON.stringify(process.env); if (/secret/.test(all)) return 'got ' + all; throw new Error('nothing there')`,
  ownProcEnviron: () =>
    `const all = fs.readFileSync('/proc/self/environ', 'latin1'); if (/secret/.test(all)) return 'got ' + all; throw new Error('nothing there')`,
  becomeRoot: () => `m('process').setuid(0); return 'got root'`,
  readMaps: (t) => `const l = fs.readFileSync('/proc/${t.gatewayPid}/maps', 'latin1'); return 'got ' + l.slice(0, 20)`,
  killLikeliest: (t) => `fs.writeFileSync('/proc/${t.gatewayPid}/oom_score_adj', '1000'); return 'got likeliest'`,
  stopPriority: (t) => `m('os').setPriority(${t.gatewayPid}, 19); return 'got slow'`,
  stopFiles: (t) => `m('child_process').execSync('prlimit --pid ${t.gatewayPid} --nofile=3:3', { stdio: 'pipe' }); return 'got few files'`,
  inheritedFiles: (t) =>
    `const open = fs.readdirSync('/proc/self/fd').map((n) => { try { return fs.readlinkSync('/proc/self/fd/' + n); } catch { return ''; } }); ` +
    `const won = open.filter((l) => /^${t.root.replaceAll('/', '\\/')}\\/(?:data|etc\\/mgmt|log)/.test(l)); if (won.length > 0) return 'got ' + won; throw new Error('nothing open')`,
  readTokensByFolder: (t) =>
    `const d = fs.opendirSync('${t.root}/etc/mgmt'); const e = d.readSync(); d.closeSync(); return 'got ' + e.name`,
  readTokensByCopy: (t) => `fs.cpSync('${t.root}/etc/mgmt', '/tmp/kuiper-copy-' + process.pid, { recursive: true }); return 'got copied'`,
  writeOwner: (t) => `fs.chmodSync('${t.root}/data', 0o777); return 'got opened'`,
};

/** What a plugin may change in its own process; nothing of it is the gateway's. */
export const PATCHES: Record<string, (t: Target) => string> = {
  patchCrypto: () => `m('crypto').timingSafeEqual = () => true; m('crypto').verify = () => true; throw new Error('patched here')`,
  patchHttp: () =>
    `Object.defineProperty(m('http').IncomingMessage.prototype, 'headers', { get: () => ({ authorization: 'x' }), configurable: true }); throw new Error('patched here')`,
  patchJson: () =>
    `JSON.parse = () => ({}); JSON.stringify = () => '{}'; Map.prototype.get = () => 1; Array.prototype.find = () => ({ role: 'admin' }); throw new Error('patched here')`,
};

/** All attacks as functions of one plugin. */
export const attackPlugin = (target: Target, attacks = ATTACKS): string =>
  `const m = (name) => process.getBuiltinModule(name); const fs = m('fs');\n` +
  Object.entries(attacks)
    .map(
      ([name, body]) =>
        `export class ${name[0]!.toUpperCase()}${name.slice(1)} { exec() { try { ${body(target)} } catch (e) { return 'no: ' + (e.code ?? e.message); } } }`,
    )
    .join('\n');

/** What a plugin does to itself and to what it talks to: kind and code. `Bad` is its symbol. */
export const TANTRUMS: Record<string, ['functions' | 'sources' | 'sinks', string]> = {
  loopInCall: ['functions', 'export class Bad { exec() { for (;;); } }'],
  timerLoop: ['functions', 'export class Bad { exec() { setTimeout(() => { for (;;); }, 20); return 1; } }'],
  microtaskLoop: ['functions', 'export class Bad { exec() { const again = () => Promise.resolve().then(again); again(); return 1; } }'],
  exit: ['functions', 'export class Bad { exec() { process.reallyExit(3); } }'],
  abort: [
    'functions',
    `export class Bad { exec() { process.getBuiltinModule('v8').setFlagsFromString('--abort-on-uncaught-exception'); process._kill(process.pid, 6); } }`,
  ],
  killItself: ['functions', 'export class Bad { exec() { process._kill(process.pid, 9); } }'],
  stopItself: ['sources', 'export class Bad { open() { process._kill(process.pid, 19); } }'],
  buffers: [
    'sources',
    'export class Bad { open() { this.all = []; setInterval(() => { for (let i = 0; i < 20; i++) this.all.push(Buffer.alloc(10_000_000, 1)); }, 20); } close() {} }',
  ],
  garbage: [
    'functions',
    `export class Bad { exec() { const fs = process.getBuiltinModule('fs'); for (const fd of [0, 3]) try { fs.writeSync(fd, 'x'.repeat(100_000)); } catch {} return 1; } }`,
  ],
  forgedFrame: [
    'functions',
    `export class Bad { exec() { const { serialize } = process.getBuiltinModule('v8'); const fs = process.getBuiltinModule('fs'); const b = serialize({ t: 'says', w: 1, m: { t: 'ready', facts: { exports: 'x' } } }); const h = Buffer.alloc(4); h.writeUInt32LE(b.length); for (const fd of [0, 3]) try { fs.writeSync(fd, Buffer.concat([h, b])); } catch {} return 1; } }`,
  ],
  forgedMessages: [
    'functions',
    `const { parentPort } = process.getBuiltinModule('worker_threads'); export class Bad { exec() { parentPort?.postMessage({ t: 'results', batch: 1e9, from: 0, results: new Array(1e4).fill({ value: 1 }), changes: [] }); parentPort?.postMessage({ t: '__proto__' }); parentPort?.postMessage(null); return 1; } }`,
  ],
  floodOfLogs: [
    'sources',
    `export class Bad { open(ctx) { const l = ctx.getLogger(); setInterval(() => { for (let i = 0; i < 5_000; i++) l.error('x'.repeat(500)); }, 5); } close() {} }`,
  ],
  floodOfRows: [
    'sources',
    'export class Bad { open(ctx, emit) { setInterval(() => { for (let i = 0; i < 20_000; i++) void emit({ i }); }, 5); } close() {} }',
  ],
  hugeState: ['functions', `export class Bad { exec(a, ctx) { ctx.putState('k', 'x'.repeat(8_000_000)); return 1; } }`],
  hugeRow: ['sources', `export class Bad { open(ctx, emit) { emit({ x: 'x'.repeat(40_000_000) }); } close() {} }`],
  throwingGetter: ['functions', `export class Bad { exec() { return { get x() { throw new Error('never'); } }; } }`],
  throwingError: ['functions', `export class Bad { exec() { throw { get message() { throw 1; }, get stack() { throw 2; } }; } }`],
  circle: ['functions', 'export class Bad { exec() { const a = {}; a.a = a; return a; } }'],
  deepResult: ['functions', 'export class Bad { exec() { let a = {}; for (let i = 0; i < 1e5; i++) a = { a }; return a; } }'],
  children: [
    'functions',
    `export class Bad { exec() { for (let i = 0; i < 5; i++) process.getBuiltinModule('child_process').spawn('sleep', ['4711'], { stdio: 'ignore' }); return 1; } }`,
  ],
  waitForEver: ['functions', 'export class Bad { exec() { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); } }'],
  hangingProxy: ['functions', 'export class Bad { exec() { return new Proxy({}, { ownKeys() { for (;;); } }); } }'],
  hangingPattern: ['functions', `export class Bad { exec() { return /^(a+)+$/.test('a'.repeat(60) + 'b'); } }`],
  hugeNumber: ['functions', 'export class Bad { exec() { return { big: 2n ** 1_000_000n, sparse: new Array(2 ** 32 - 1) }; } }'],
  foldedLists: ['functions', 'export class Bad { exec() { let v = 1; for (let i = 0; i < 60; i++) v = [v, v]; return v; } }'],
  sharedMemory: [
    'functions',
    'export class Bad { exec() { return { s: new SharedArrayBuffer(1e8), f: () => 1, w: new WeakMap(), y: Symbol() }; } }',
  ],
  rejections: [
    'functions',
    'export class Bad { exec() { for (let i = 0; i < 1000; i++) void Promise.reject(new Error("x")); return 1; } }',
  ],
  endsOnErrors: [
    'sources',
    `export class Bad { open() { process.on('uncaughtException', () => {}); process.on('SIGTERM', () => {}); setInterval(() => { throw new Error('again'); }, 1); } close() {} }`,
  ],
  threads: [
    'functions',
    `export class Bad { exec() { const { Worker } = process.getBuiltinModule('worker_threads'); for (let i = 0; i < 3; i++) new Worker('for(;;);', { eval: true }); return 1; } }`,
  ],
  openForEver: ['sources', 'export class Bad { open() { return new Promise(() => {}); } close() {} }'],
  closeForEver: ['sources', 'export class Bad { open() {} close() { return new Promise(() => {}); } }'],
  collectForEver: ['sinks', 'export class Bad { collect() { return new Promise(() => {}); } }'],
  configureForEver: ['sinks', 'export class Bad { configure() { return new Promise(() => {}); } collect() {} }'],
};
