// A CPU profile of V8 as a flame graph in one HTML file, and as a table of functions. Used by scripts/profile.ts.

export interface CpuProfile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number }; children?: number[] }[];
  samples: number[];
  /** µs between samples. */
  timeDeltas: number[];
}

interface Frame {
  name: string;
  selfUs: number;
  totalUs: number;
  children: Frame[];
}

/** Not time of the program. */
const IDLE = new Set(['(idle)', '(program)']);

const nameOf = ({ functionName, url, lineNumber }: CpuProfile['nodes'][number]['callFrame']): string => {
  const file = url.replace(/^.*\/(src|node_modules)\//, '$1/');
  return `${functionName || '(anonymous)'}${file ? ` ${file}:${lineNumber + 1}` : ''}`;
};

/** The tree of calls; idle time is left out. */
export function framesOf(profile: CpuProfile): Frame {
  const selfUs = new Map<number, number>();
  profile.samples.forEach((id, i) => {
    selfUs.set(id, (selfUs.get(id) ?? 0) + Math.max(0, profile.timeDeltas[i] ?? 0));
  });
  const byId = new Map(profile.nodes.map((n) => [n.id, n]));
  const build = (id: number): Frame => {
    const node = byId.get(id)!;
    const children = (node.children ?? []).filter((c) => !IDLE.has(byId.get(c)!.callFrame.functionName)).map(build);
    const own = selfUs.get(id) ?? 0;
    return { name: nameOf(node.callFrame), selfUs: own, totalUs: own + children.reduce((sum, c) => sum + c.totalUs, 0), children };
  };
  return build(profile.nodes[0]!.id);
}

/** Functions by their own time, most first. */
export function tableOf(profile: CpuProfile, most: number): string[] {
  const root = framesOf(profile);
  const own = new Map<string, number>();
  const walk = (f: Frame): void => {
    own.set(f.name, (own.get(f.name) ?? 0) + f.selfUs);
    f.children.forEach(walk);
  };
  walk(root);
  const sorted = [...own].filter(([, us]) => us > 0).sort((a, b) => b[1] - a[1]);
  return sorted.slice(0, most).map(([name, us]) => `${((100 * us) / root.totalUs).toFixed(1).padStart(5)} %  ${name}`);
}

const ROW_PX = 18;
/** Narrower ones cannot be seen. */
const MIN_SHARE = 0.001;

const escaped = (text: string): string => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

/** The root at the top; a frame is as wide as its time. */
export function flameHtml(profile: CpuProfile, title: string): string {
  const root = framesOf(profile);
  const boxes: string[] = [];
  let depthMost = 0;
  const draw = (f: Frame, left: number, depth: number): void => {
    const share = f.totalUs / root.totalUs;
    if (share < MIN_SHARE) return;
    depthMost = Math.max(depthMost, depth);
    const hue = f.name.includes(' src/') ? 25 : f.name.includes('node_modules/') ? 200 : 90;
    const label = `${f.name} — ${(share * 100).toFixed(1)} %, itself ${((100 * f.selfUs) / root.totalUs).toFixed(1)} %`;
    const place = `left:${(left * 100).toFixed(3)}%;width:${(share * 100).toFixed(3)}%;top:${depth * ROW_PX}px`;
    boxes.push(
      `<div style="${place};background:hsl(${hue} 80% ${62 + (depth % 3) * 6}%)" title="${escaped(label)}">${escaped(f.name)}</div>`,
    );
    let at = left;
    for (const c of [...f.children].sort((a, b) => b.totalUs - a.totalUs)) {
      draw(c, at, depth + 1);
      at += c.totalUs / root.totalUs;
    }
  };
  draw(root, 0, 0);
  return `<!doctype html><meta charset="utf-8"><title>${escaped(title)}</title>
<style>body{font:12px sans-serif}main{position:relative;height:${(depthMost + 1) * ROW_PX}px}
main div{position:absolute;height:${ROW_PX - 1}px;overflow:hidden;white-space:nowrap;box-sizing:border-box;border-right:1px solid #fff}</style>
<h1>${escaped(title)}</h1><p>${(root.totalUs / 1000).toFixed(0)} ms of CPU time. Orange: ours; blue: packages; green: the platform.</p><main>
${boxes.join('\n')}
</main>
`;
}
