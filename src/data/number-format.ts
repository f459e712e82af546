// Numbers written for people, as eKuiper's format(): fixed decimals, half to even on the exact value, digits grouped when
// a locale is named. The platform's locale data (CLDR) does the rest. Called by the SQL function format.
import { rowError } from '../base/errors/gateway-error.ts';

export type NumberFormat = (x: number | bigint) => string;

/** Most decimals that the platform writes. */
const MAX_DECIMALS = 100;

/** @param locale a language and a country such as `de_DE` or `en-US`; without one digits are not grouped and the point is `.`
 *  @throws rowError `not support for the specific locale:L` */
export function createNumberFormat(decimals: number, locale?: string): NumberFormat {
  if (decimals > MAX_DECIMALS) throw rowError(`the decimal places must be at most ${MAX_DECIMALS}, but got ${decimals}`);
  const format = new Intl.NumberFormat(locale === undefined ? 'en' : checkLocale(locale), {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
    roundingMode: 'halfEven',
    useGrouping: locale === undefined ? false : 'always',
    numberingSystem: 'latn', // eKuiper writes the digits 0-9 in every locale
  });
  return (x) => matchOlderSigns(format.format(exactDecimal(x) as unknown as number), locale);
}

/** All digits of the value, so that halves are halves: 1.005 is a little less and goes down. */
function exactDecimal(x: number | bigint): string {
  if (typeof x === 'bigint') return String(x);
  return Number.isInteger(x) ? BigInt(x).toString() : Number.isFinite(x) ? x.toFixed(MAX_DECIMALS) : String(x);
}

const NARROW_SPACE = '\u202f';
const WIDE_SPACE = '\u00a0';

/** eKuiper's locale data is older than the platform's: wide spaces where there are narrow ones now, and Swiss signs. */
function matchOlderSigns(text: string, locale: string | undefined): string {
  if (locale === undefined) return text;
  const wide = text.replaceAll(NARROW_SPACE, WIDE_SPACE);
  if (!/[-_]CH|[-_]LI/i.test(locale)) return wide;
  return wide.replaceAll("'", /^fr/i.test(locale) ? WIDE_SPACE : '\u2019');
}

/** Two-letter regions that are not countries. */
const NOT_COUNTRIES = new Set(['EU', 'EZ', 'UN', 'QO', 'XA', 'XB', 'ZZ']);

function checkLocale(text: string): string {
  const tag = text.replaceAll('_', '-');
  const locale = parseLocale(tag);
  const region = locale?.region;
  if (
    !locale ||
    !region ||
    !/^[A-Z]{2}$/.test(region) ||
    NOT_COUNTRIES.has(region) ||
    !isKnown('language', locale.language) ||
    !isKnown('region', region)
  )
    throw rowError(`not support for the specific locale:${text}`);
  return tag;
}

function parseLocale(tag: string): Intl.Locale | undefined {
  try {
    return new Intl.Locale(tag);
  } catch {
    // A tag of the wrong form; the caller names it in eKuiper's words.
    return undefined;
  }
}

const isKnown = (type: 'language' | 'region', code: string): boolean =>
  new Intl.DisplayNames('en', { type, fallback: 'none' }).of(code) !== undefined;
