// How long a version gets corrections: what SECURITY.md promises, for `kuiper version`. A test compares the two.

export interface SupportPeriod {
  /** `0.2` */
  minor: string;
  /** A sentence. */
  text: string;
}

export const supportPeriods: readonly SupportPeriod[] = [
  {
    minor: '0.2',
    text: 'corrected until 0.3 comes; from 1.0 on the last minor version of a major one is corrected for five years after its first release',
  },
  { minor: '0.1', text: 'no longer corrected: update' },
];

/** @returns a sentence, also for a version that nobody knows */
export function supportOf(version: string): string {
  const minor = version.split('.').slice(0, 2).join('.');
  const found = supportPeriods.find((p) => p.minor === minor);
  return found ? `Version ${minor} is ${found.text}.` : `How long version ${minor} is corrected is not known here; see SECURITY.md.`;
}
