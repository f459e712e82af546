// The documentation as a folder of HTML pages that open from a disk: `make site`. Made from docs/ and README.md with marked; links between pages become
// relative links, and the search works without a server. Also put into the package (image/lib/program.sh).
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, posix, resolve } from 'node:path';
import { Marked, type Tokens } from 'marked';

const REPO = resolve(import.meta.dirname, '..');

/** Sections of the navigation: title, and the folder or files that they hold, in order. */
const SECTIONS: readonly [title: string, match: RegExp][] = [
  ['Begin', /^(?:README|CHANGELOG|CONTRIBUTING|ARCHITECTURE|VERSIONING|SECURITY)\.md$/],
  ['Rules and connectors', /^docs\/(?:rules|security|migration)\.md$|^docs\/connectors\//],
  ['SQL', /^docs\/sql(?:-differences)?\.md$|^docs\/cookbook\//],
  ['Functions', /^docs\/functions\//],
  ['Plugins', /^docs\/plugins\//],
  ['Node-RED', /^docs\/node-red/],
  ['Appliance', /^docs\/appliance\//],
  ['Options, settings and REST', /^docs\/reference\//],
  ['Reference', /^docs\/[^/]+\.md$/],
  ['Decisions', /^docs\/adr\//],
  ['Facts about eKuiper', /^docs\/spec\//],
  ['Parity', /^docs\/parity\//],
];

interface Page {
  /** `docs/plugins/README.md` */
  source: string;
  /** `docs/plugins/index.html` */
  path: string;
  title: string;
  text: string;
}

const htmlPath = (source: string): string =>
  source === 'README.md' ? 'index.html' : source.replace(/README\.md$/, 'index.md').replace(/\.md$/, '.html');

export function pagesOf(repo = REPO): Page[] {
  const files = [
    ...readdirSync(repo).filter((f) => /^[A-Z]+\.md$/.test(f)),
    ...readdirSync(join(repo, 'docs'), { recursive: true, encoding: 'utf8' })
      .filter((f) => f.endsWith('.md') && !f.startsWith('changelog/'))
      .map((f) => `docs/${f}`),
  ].sort();
  return files.map((source) => {
    const text = readFileSync(join(repo, source), 'utf8');
    return { source, path: htmlPath(source), title: /^#\s+(.+)$/m.exec(text)?.[1]?.replaceAll('`', '') ?? source, text };
  });
}

/** GitHub's anchor of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .replace(/<[^>]+>/g, '')
    .toLowerCase()
    .replace(/&[a-z]+;/g, '')
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** @returns problems: links that lead nowhere */
export function buildSite(out: string, repo = REPO): string[] {
  const pages = pagesOf(repo);
  const bySource = new Map(pages.map((p) => [p.source, p]));
  const anchors = new Map<string, Set<string>>();
  const problems: string[] = [];
  rmSync(out, { recursive: true, force: true });
  const rendered = pages.map((page) => {
    const own = new Set<string>();
    anchors.set(page.source, own);
    const links: { target: string; anchor: string }[] = [];
    const marked = new Marked({ gfm: true });
    marked.use({
      renderer: {
        heading({ tokens, depth }: Tokens.Heading) {
          const inner = this.parser.parseInline(tokens);
          let anchor = anchorOf(inner);
          for (let n = 1; own.has(anchor); n++) anchor = `${anchorOf(inner)}-${n}`;
          own.add(anchor);
          return `<h${depth} id="${escapeHtml(anchor)}">${inner}</h${depth}>\n`;
        },
        link({ href, tokens }: Tokens.Link) {
          return `<a href="${escapeHtml(target(page, href, links))}">${this.parser.parseInline(tokens)}</a>`;
        },
        image({ href, text }: Tokens.Image) {
          const file = posix.normalize(posix.join(posix.dirname(page.source), href));
          assets.add(file);
          return `<img src="${escapeHtml(href)}" alt="${escapeHtml(text)}">`;
        },
        // text of ours only, but a page must not be able to run anything
        html({ text }: Tokens.HTML | Tokens.Tag) {
          return escapeHtml(text);
        },
      },
    });
    return { page, links, body: marked.parse(page.text) as string };
  });
  function target(page: Page, href: string, links: { target: string; anchor: string }[]): string {
    if (/^[a-z]+:/i.test(href)) return href;
    const [path = '', anchor = ''] = href.split('#');
    let source = path === '' ? page.source : posix.normalize(posix.join(posix.dirname(page.source), path));
    if (bySource.has(`${source.replace(/\/$/, '')}/README.md`)) source = `${source.replace(/\/$/, '')}/README.md`;
    const other = bySource.get(source);
    if (!other) return `https://github.com/kuiper-gateway/kuiper-gateway/blob/main/${source}`;
    links.push({ target: source, anchor });
    return `${posix.relative(posix.dirname(page.path), other.path) || posix.basename(other.path)}${anchor ? `#${anchor}` : ''}`;
  }
  for (const { page, links } of rendered)
    for (const l of links)
      if (l.anchor && !anchors.get(l.target)!.has(l.anchor)) problems.push(`${page.source}: no heading #${l.anchor} in ${l.target}`);
  for (const { page, body } of rendered) {
    const file = join(out, page.path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, layout(page, body, pages));
  }
  for (const file of assets) {
    try {
      const content = readFileSync(join(repo, file));
      mkdirSync(dirname(join(out, file)), { recursive: true });
      writeFileSync(join(out, file), content);
    } catch {
      problems.push(`no image ${file}`);
    }
  }
  const index = pages.map((p) => [p.path, p.title, plain(p.text)]);
  writeFileSync(join(out, 'search.js'), `var PAGES=${JSON.stringify(index)};\n${SEARCH}`);
  writeFileSync(join(out, 'style.css'), STYLE);
  return problems;
}

const assets = new Set<string>();

/** Words for the search. */
const plain = (text: string): string =>
  text
    .replace(/[`*_|#>[\]()]/g, ' ')
    .replace(/\s+/g, ' ')
    .toLowerCase();

function layout(page: Page, body: string, pages: readonly Page[]): string {
  const root = posix.relative(posix.dirname(page.path), '') || '.';
  const taken = new Set<Page>();
  const nav = SECTIONS.map(([title, match]) => {
    const own = pages.filter((p) => !taken.has(p) && match.test(p.source));
    for (const p of own) taken.add(p);
    if (own.length === 0) return '';
    const items = own.map(
      (p) =>
        `<li${p === page ? ' class="here"' : ''}><a href="${escapeHtml(posix.relative(posix.dirname(page.path), p.path))}">${escapeHtml(p.title)}</a></li>`,
    );
    return `<details${own.includes(page) ? ' open' : ''}><summary>${title}</summary><ul>${items.join('')}</ul></details>`;
  });
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(page.title)} – Kuiper Gateway</title>
<link rel="stylesheet" href="${root}/style.css">
</head>
<body data-root="${root}">
<nav>
<p><a href="${root}/index.html"><strong>Kuiper Gateway</strong></a></p>
<input id="search" type="search" placeholder="Search" aria-label="Search"><ul id="found"></ul>
${nav.filter(Boolean).join('\n')}
</nav>
<main>
${body}
</main>
<script src="${root}/search.js"></script>
</body>
</html>
`;
}

const SEARCH = `(function () {
  var input = document.getElementById('search'), list = document.getElementById('found'), root = document.body.dataset.root;
  input.addEventListener('input', function () {
    var words = input.value.toLowerCase().split(/\\s+/).filter(Boolean);
    list.textContent = '';
    if (words.length === 0) return;
    PAGES.map(function (p) {
      var score = 0;
      for (var i = 0; i < words.length; i++) {
        if (p[2].indexOf(words[i]) < 0) return null;
        score += p[2].split(words[i]).length - 1 + (p[1].toLowerCase().indexOf(words[i]) < 0 ? 0 : 1000);
      }
      return { page: p, score: score };
    }).filter(Boolean).sort(function (a, b) { return b.score - a.score; }).slice(0, 12).forEach(function (hit) {
      var item = document.createElement('li'), link = document.createElement('a');
      link.href = root + '/' + hit.page[0];
      link.textContent = hit.page[1];
      item.appendChild(link);
      list.appendChild(item);
    });
  });
})();
`;

const STYLE = `:root { color-scheme: light dark; }
body { margin: 0; display: grid; grid-template-columns: 17rem minmax(0, 1fr); font: 16px/1.5 system-ui, sans-serif; }
nav { padding: 1rem; height: 100vh; overflow: auto; position: sticky; top: 0; box-sizing: border-box; border-right: 1px solid #8885; font-size: 14px; }
nav ul { list-style: none; padding: 0 0 0 .8rem; margin: .2rem 0; }
nav summary { cursor: pointer; font-weight: 600; margin-top: .4rem; }
nav .here a { font-weight: 700; }
#search { width: 100%; box-sizing: border-box; padding: .3rem; }
main { padding: 1rem 2rem 4rem; max-width: 60rem; }
a { color: #06c; text-decoration: none; }
a:hover { text-decoration: underline; }
pre { padding: .8rem; overflow: auto; background: #8881; border-radius: 4px; }
code { font: 14px/1.4 ui-monospace, monospace; background: #8881; padding: 0 .2em; border-radius: 3px; }
pre code { background: none; padding: 0; }
table { border-collapse: collapse; display: block; overflow: auto; }
th, td { border: 1px solid #8885; padding: .3rem .6rem; text-align: left; vertical-align: top; }
img { max-width: 100%; }
@media (prefers-color-scheme: dark) { a { color: #6af; } }
@media (max-width: 50rem) { body { display: block; } nav { position: static; height: auto; } main { padding: 1rem; } }
`;

if (import.meta.main) {
  const out = resolve(process.argv[2] ?? join(REPO, 'image/out/site'));
  const problems = buildSite(out);
  for (const problem of problems) process.stderr.write(`site: ${problem}\n`);
  process.stdout.write(`${out}/index.html\n`);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
