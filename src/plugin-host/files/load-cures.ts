// What to do about an error that Node or the type stripper reports when a plugin is loaded: their texts name the fault, not the way out.

const CURES: readonly [RegExp, string][] = [
  [/enum is not supported/, 'use a constant object instead: const Color = { Red: "red" } as const'],
  [/parameter property is not supported/, 'declare the field in the class and assign it in the constructor'],
  [/namespace declaration is not supported|module.* is not supported/, 'export its members by themselves'],
  [/import-equals|import equals|export assignment|`?export =/i, 'use import … from and export'],
  [/Cannot find package/, 'bundle it into the plugin: npx esbuild FILE --bundle --platform=node --format=esm --outfile=…'],
  [/Cannot find module '[^./]/, 'bundle it into the plugin: npx esbuild FILE --bundle --platform=node --format=esm --outfile=…'],
  [/require is not defined in ES module/, 'use import, or end the file name in .cjs'],
];

/** The text, with what to do about it when we know. @param code the plugin's text, for faults whose error says too little */
export function withCure(text: string, code = ''): string {
  // the stripper lets decorators pass, and V8 says neither what nor where
  if (/Invalid or unexpected token/.test(text)) {
    const line = code.split('\n').findIndex((l) => /^\s*@[A-Za-z_$]/.test(l));
    if (line >= 0) return `line ${line + 1}: decorators are not supported; call the function yourself`;
  }
  const cure = CURES.find(([fault]) => fault.test(text))?.[1];
  return cure === undefined || text.includes(cure) ? text : `${text}; ${cure}`;
}
