// What `kuiper plugin new` writes: a folder with a plugin that works, its test, types that resolve without a network, README and metadata.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { symbolOf } from '../../plugin-host/index.ts';
import { kitArchive, unpackTgz } from './kit.ts';
import { pluginTemplates, testTemplates } from './templates.ts';

export type NewKind = keyof typeof pluginTemplates;

/** @param folder must not exist  @returns names of the files, relative to it */
export function writeProject(kind: NewKind, name: string, folder: string): string[] {
  const archive = kitArchive();
  const kit = basename(archive);
  const fill = (text: string) =>
    text.replaceAll('{name}', name).replaceAll('{symbol}', symbolOf(name)).replaceAll('{kind}', kind).replaceAll('{kit}', kit);
  const files: Record<string, string> = {
    [`${name}.ts`]: pluginTemplates[kind],
    [`test/${name}.test.ts`]: testTemplates[kind],
    'package.json': PACKAGE,
    'tsconfig.json': TSCONFIG,
    'README.md': README,
    [`${name}.json`]: kind === 'function' ? FUNCTION_METADATA : METADATA,
    ...(kind === 'function' ? {} : { [`${name}.yaml`]: CONF_KEYS }),
    '.gitignore': 'node_modules/\n*.zip\n*.key\n',
  };
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(join(folder, file, '..'), { recursive: true });
    writeFileSync(join(folder, file), fill(text), { flag: 'wx' });
  }
  mkdirSync(join(folder, 'vendor'));
  copyFileSync(archive, join(folder, 'vendor', kit));
  // as `npm install` would do it, but without npm and network
  unpackTgz(archive, join(folder, 'node_modules/@kuiper-gateway/plugin'));
  return Object.keys(files);
}

/** Version of the kit in a folder, for messages. */
export const kitVersionIn = (folder: string): string =>
  (JSON.parse(readFileSync(join(folder, 'node_modules/@kuiper-gateway/plugin/package.json'), 'utf8')) as { version: string }).version;

const PACKAGE = `{
  "name": "kuiper-plugin-{name}",
  "version": "0.1.0",
  "private": true,
  "type": "module",
  "kuiper": { "plugin": "{name}.ts", "kind": "{kind}" },
  "scripts": {
    "check": "kuiper plugin check",
    "test": "kuiper plugin test",
    "dev": "kuiper plugin dev",
    "pack": "kuiper plugin pack"
  },
  "devDependencies": {
    "@kuiper-gateway/plugin": "file:vendor/{kit}"
  }
}
`;

const TSCONFIG = `{
  "compilerOptions": {
    "target": "esnext",
    "lib": ["esnext"],
    "module": "nodenext",
    "strict": true,
    "noEmit": true,
    "skipLibCheck": true,
    "erasableSyntaxOnly": true,
    "verbatimModuleSyntax": true,
    "allowImportingTsExtensions": true,
    "types": ["node"],
    "typeRoots": ["./node_modules/@kuiper-gateway/plugin/node_modules/@types", "./node_modules/@types"]
  },
  "include": ["*.ts", "src", "test"]
}
`;

const README = `# {name}

A {kind} plugin of Kuiper Gateway.

| Command | What it does |
|---|---|
| \`kuiper plugin check\` | says everything that would fail on a gateway, with file, line and cure |
| \`kuiper plugin test\` | runs \`test/*.test.ts\` |
| \`kuiper plugin dev\` | runs it on a gateway, again with every change, and shows rows, logs and errors |
| \`kuiper plugin pack\` | makes \`{name}.zip\` with everything in it |
| \`kuiper plugin install\` | installs it on the gateway of this machine (\`--ssh kuiper@device\` for another) |

Copying \`{name}.ts\` into \`plugins/{kind}s\` of a gateway is an installation as well. Files that it reads at run time go to \`etc/\`; on a gateway
they lie in \`etc/{kind}s/{name}/\` below \`ctx.getRootPath()\`.
`;

const METADATA = `{
  "about": {
    "trial": false,
    "author": { "name": "", "email": "", "company": "", "website": "" },
    "helpUrl": { "en_US": "" },
    "description": { "en_US": "A {kind} plugin." }
  }
}
`;

const FUNCTION_METADATA = `{
  "about": {
    "trial": false,
    "author": { "name": "", "email": "", "company": "", "website": "" },
    "helpUrl": { "en_US": "" },
    "description": { "en_US": "A function plugin." }
  },
  "functions": [{ "name": "{name}", "example": "{name}(text)", "hint": { "en_US": "Counts calls." } }]
}
`;

const CONF_KEYS = `# Options by conf key: CONF_KEY="default" is in effect when a stream or action names none.
default: {}
`;
