// The one sentence for a plugin whose symbol is missing, with what to change.

/** @param symbol what it must export  @param exports what it does */
export function missingExport(symbol: string, exports: readonly string[]): string {
  const shown = exports.join(', ') || 'nothing';
  const cure = exports.includes('default')
    ? `; write \`export class ${symbol}\` instead of \`export default\``
    : exports.length === 0
      ? `; write \`export class ${symbol}\`, or in CommonJS \`exports.${symbol} = \u2026\``
      : exports.length === 1
        ? `; name the file after ${exports[0]}, or the export ${symbol}`
        : '';
  return `it must export ${symbol}, but exports ${shown}${cure}`;
}
