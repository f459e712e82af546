// A portable plugin in Python, written with eKuiper's SDK for these tests: a source that counts, a sink that writes lines to a file and answers, and
// functions. Its names are unique, since the SDK's sockets lie in /tmp. Used by portable.test.ts and scripts/portable-campaign.ts.
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { PortableFile } from '../../src/extensions/index.ts';

/** The Python that has the SDK (scripts/test-deps.sh). */
export const SDK_PYTHON = resolve('.cache/ekuiper-sdk/bin/python');
export const hasSdk = existsSync(SDK_PYTHON);

export const uniqueName = (): string => `t${randomBytes(4).toString('hex')}`;

/** @param p prefix of its symbols */
export function samplePlugin(p: string): PortableFile[] {
  const program = `
import json
import os
import sys
import threading
import time
from ekuiper import plugin, PluginConfig, Source, Sink, Function, Context

class Count(Source):
    def __init__(self):
        self.n = 0
        self.running = True
    def configure(self, datasource, conf):
        self.datasource = datasource
        self.every = conf.get('every', 10) / 1000
    def open(self, ctx):
        while self.running:
            self.n += 1
            ctx.emit({'n': self.n, 'place': self.datasource, 'pid': os.getpid()}, {'k': 'v'})
            time.sleep(self.every)
    def close(self, ctx):
        self.running = False

class Odd(Source):
    def configure(self, datasource, conf):
        self.conf = conf
    def open(self, ctx):
        for n in range(int(self.conf['rows'])):
            ctx.emit({'n': n, 'pid': os.getpid(), 'fill': 'x' * int(self.conf.get('fill', 0))}, {})
        if self.conf['end'] == 'raise':
            raise ValueError('the device is gone')
        if self.conf['end'] == 'stay':
            time.sleep(3600)
    def close(self, ctx):
        pass

class Sometimes(Sink):
    def configure(self, conf):
        self.file = conf['file']
    def open(self, ctx):
        pass
    def collect(self, ctx, data):
        seen = []
        if os.path.exists(self.file):
            with open(self.file) as f:
                seen = f.read().split('\\n')
        with open(self.file, 'a') as f:
            f.write(data.decode() + '\\n')
        if data == b'raise' and 'raise' not in seen:
            raise ValueError('no more space')
        ctx.ack_ok()
    def close(self, ctx):
        pass

class Lines(Sink):
    def configure(self, conf):
        self.file = conf['file']
    def open(self, ctx):
        pass
    def collect(self, ctx, data):
        with open(self.file, 'a') as f:
            f.write(data.decode() + '\\n')
        if b'refuse' in data:
            ctx.ack_error('no')
        else:
            ctx.ack_ok()
    def close(self, ctx):
        pass

class Revert(Function):
    def validate(self, args):
        return ''
    def exec(self, args, ctx):
        v = args[0]
        if v == 'hang':
            time.sleep(3600)
        if v == 'die':
            os._exit(3)
        if v == 'pid':
            return os.getpid()
        if v == 'raise':
            raise ValueError('bad value')
        return v[::-1] if isinstance(v, str) else v
    def is_aggregate(self):
        return False

class Total(Function):
    def validate(self, args):
        return ''
    def exec(self, args, ctx):
        return sum(args[0])
    def is_aggregate(self):
        return True

if __name__ == '__main__':
    plugin.start(PluginConfig('${p}', {'${p}count': lambda: Count(), '${p}odd': lambda: Odd()},
        {'${p}lines': lambda: Lines(), '${p}sometimes': lambda: Sometimes()},
        {'${p}revert': lambda: Revert(), '${p}total': lambda: Total()}))
`;
  const info = {
    version: 'v1.0.0',
    language: 'python',
    executable: `${p}.py`,
    sources: [`${p}count`, `${p}odd`],
    sinks: [`${p}lines`, `${p}sometimes`],
    functions: [`${p}revert`, `${p}total`],
  };
  return [
    { path: `${p}.json`, content: Buffer.from(JSON.stringify(info)) },
    { path: `${p}.py`, content: Buffer.from(program) },
    { path: `sources/${p}odd.yaml`, content: Buffer.from('default: {}\n') },
    { path: `sources/${p}count.yaml`, content: Buffer.from('default:\n  every: 10\nslow:\n  every: 500\nsteady:\n  every: 40\n') },
  ];
}
