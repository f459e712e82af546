// eKuiper's rule for replacing things that carry a version: the new one must be greater as text, unless both are empty.

/** @returns true when `version` may replace `old` */
export function mayReplace(old: string, version: string): boolean {
  return (old === '' && version === '') || version > old;
}
