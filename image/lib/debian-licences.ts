// The licence of a Debian package as an SPDX expression, from its copyright file: the machine-readable form (DEP 5) names one for each group of files; any
// other file goes into the bill of materials as its own text. Used by sbom.ts.

/** A licence that SPDX has no name for, with its text. */
export interface OwnLicence {
  /** `LicenseRef-…` */
  id: string;
  text: string;
}

export interface DebianLicence {
  expression: string;
  own: OwnLicence[];
}

/** Debian's short names that are not SPDX's already, in lower case. */
const NAMES: Readonly<Record<string, string>> = {
  expat: 'MIT',
  mit: 'MIT',
  'bsd-2-clause': 'BSD-2-Clause',
  'bsd-3-clause': 'BSD-3-Clause',
  'bsd-4-clause': 'BSD-4-Clause',
  isc: 'ISC',
  zlib: 'Zlib',
  'apache-2.0': 'Apache-2.0',
  'apache-2': 'Apache-2.0',
  'cc0-1.0': 'CC0-1.0',
  cc0: 'CC0-1.0',
  'artistic-2.0': 'Artistic-2.0',
  'mpl-2.0': 'MPL-2.0',
  'mpl-1.1': 'MPL-1.1',
  'epl-2.0': 'EPL-2.0',
  'epl-1.0': 'EPL-1.0',
  'edl-1.0': 'BSD-3-Clause',
  'bsl-1.0': 'BSL-1.0',
  boost: 'BSL-1.0',
  'afl-2.1': 'AFL-2.1',
  fsfap: 'FSFAP',
  fsfullr: 'FSFULLR',
  'openldap-2.8': 'OLDAP-2.8',
  'ofl-1.1': 'OFL-1.1',
  unicode: 'Unicode-DFS-2016',
  '0bsd': '0BSD',
  'mit-0': 'MIT-0',
  curl: 'curl',
  x11: 'X11',
  ntp: 'NTP',
  hpnd: 'HPND',
};

function spdxName(name: string): string | undefined {
  const known = NAMES[name.toLowerCase()];
  if (known !== undefined) return known;
  const [, family, version, later] = /^(A?GPL|LGPL|GFDL)-?v?(\d(?:\.\d)?)(\+|-only|-or-later)?$/i.exec(name) ?? [];
  if (family === undefined) return undefined;
  return `${family.toUpperCase()}-${version!.includes('.') ? version : `${version}.0`}-${later === '+' || later === '-or-later' ? 'or-later' : 'only'}`;
}

interface Paragraph {
  fields: Map<string, string>;
}

function paragraphs(text: string): Paragraph[] {
  return text.split(/\n[ \t]*\n/).map((block) => {
    const fields = new Map<string, string>();
    let last = '';
    for (const line of block.split('\n')) {
      const [, name, value] = /^([A-Za-z][\w-]*):[ \t]*(.*)$/.exec(line) ?? [];
      if (name !== undefined) {
        last = name.toLowerCase();
        fields.set(last, value!);
      } else if (/^[ \t]/.test(line) && last !== '') fields.set(last, `${fields.get(last)}\n${line.trim()}`);
    }
    return { fields };
  });
}

/** @param text of /usr/share/doc/NAME/copyright */
export function debianLicence(name: string, text: string): DebianLicence {
  const own = new Map<string, string>();
  const ref = (part: string, words: string) => {
    const id = `LicenseRef-${`${name}-${part}`.replace(/[^A-Za-z0-9.-]+/g, '-').replace(/^-+|-+$/g, '')}`;
    own.set(id, words.trim());
    return id;
  };
  const all = paragraphs(text.replaceAll('\r\n', '\n'));
  const bodies = new Map<string, string>();
  for (const { fields } of all) {
    const [first = '', ...rest] = (fields.get('license') ?? '').split('\n');
    if (rest.length > 0 && !bodies.has(first.trim())) bodies.set(first.trim(), rest.join('\n'));
  }
  const one = (short: string): string => spdxName(short) ?? ref(short, bodies.get(short) ?? `${short}\n\n${text}`);
  const expressionOf = (line: string): string => {
    const alternatives = line.split(/,?\s+or\s+|\s*\|\s*/i).map((alternative) =>
      alternative
        .split(/,?\s+and\s+|\s*,\s*|\s*&\s*/i)
        .filter((part) => part.trim() !== '')
        .map((part) => one(part.trim()))
        .join(' AND '),
    );
    if (alternatives.length === 1) return alternatives[0]!;
    return `(${alternatives.map((a) => (a.includes(' AND ') ? `(${a})` : a)).join(' OR ')})`;
  };
  const lines = new Set<string>();
  for (const { fields } of all) {
    const [first = ''] = (fields.get('license') ?? '').split('\n');
    if (fields.has('files') && first.trim() !== '') lines.add(first.trim());
  }
  // no group of files says it: the whole file is the licence
  if (lines.size === 0) return { expression: ref('copyright', text), own: [...own].map(([id, words]) => ({ id, text: words })) };
  const parts = [
    ...new Set([...lines].flatMap((line) => (/\bor\b|\|/i.test(line) ? [expressionOf(line)] : expressionOf(line).split(' AND ')))),
  ];
  return {
    expression: parts.sort().join(' AND '),
    own: [...own].map(([id, words]) => ({ id, text: words })).sort((a, b) => (a.id < b.id ? -1 : 1)),
  };
}
