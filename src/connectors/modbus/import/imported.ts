// What the readers of foreign register maps hand on: points in our words, and what could not be said, each with its reason. Checked and printed by finish.ts.
import type { DeviceKind } from '../profile-about.ts';
import type { ValueType } from '../value-types.ts';

export interface ImportedPoint {
  /** As the file calls it; finish.ts makes a column's name of it. */
  readonly label: string;
  readonly function: 'coil' | 'discrete' | 'holding' | 'input';
  /** A list: registers that lie apart, the one with the highest word first. */
  readonly address: number | readonly number[];
  readonly type?: ValueType | undefined;
  readonly order?: string | undefined;
  readonly registers?: number | undefined;
  readonly bit?: number | undefined;
  readonly bits?: number | undefined;
  readonly scale?: number | undefined;
  readonly offset?: number | undefined;
  readonly unit?: string | undefined;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly notAvailable?: readonly (number | string)[] | undefined;
  readonly signMagnitude?: boolean | undefined;
  readonly texts?: Readonly<Record<string, string>> | undefined;
  readonly writable?: boolean | undefined;
}

/** Something of the file that the profile does not say. */
export interface Unsaid {
  readonly point: string;
  readonly reason: string;
}

export interface ImportedMap {
  /** Plain name of the profile. */
  readonly id: string;
  readonly maker: string;
  readonly model: string;
  readonly kind: DeviceKind;
  readonly limits?: { readonly maxRegisters?: number; readonly maxGap?: number };
  readonly points: readonly ImportedPoint[];
  /** Points that are left out. */
  readonly unsaid: readonly Unsaid[];
  /** Points that are there, without a part of their meaning. */
  readonly remarks: readonly Unsaid[];
}

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonMap = { readonly [key: string]: Json };

export const isJsonMap = (v: unknown): v is JsonMap => typeof v === 'object' && v !== null && !Array.isArray(v);
export const listOf = (v: unknown): readonly Json[] => (Array.isArray(v) ? v : v === undefined || v === null ? [] : [v as Json]);

/** 10, "10", "0x0A"; undefined: none of them. */
export function numberOf(v: unknown): number | undefined {
  if (typeof v === 'number') return Number.isFinite(v) ? v : undefined;
  if (typeof v !== 'string' || !/^-?(0x[0-9a-f]+|\d+(\.\d+)?(e-?\d+)?)$/i.test(v.trim())) return undefined;
  const text = v.trim();
  return text.startsWith('-') ? -Number(text.slice(1)) : Number(text);
}

/** −100 × 0.1 is −10, without the noise of binary fractions. */
export const exact = (v: number): number => Number(v.toPrecision(12));

/** Letters, digits and _, in lower case: the name of a column or a profile; empty when nothing is left. */
export const plainName = (text: string, joint = '_'): string =>
  text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/ß/g, 'ss')
    .replace(/([a-z])([A-Z])/g, `$1${joint}$2`)
    .replace(/[^A-Za-z0-9]+/g, joint)
    .replace(joint === '_' ? /^_+|_+$/g : /^-+|-+$/g, '')
    .toLowerCase();
