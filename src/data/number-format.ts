// Numbers written for people, as eKuiper's format(): fixed decimals, half to even on the shortest decimal form, digits grouped when
// a locale is named. The platform's locale data (CLDR) does the rest. Called by the SQL function format.
import { rowError } from '../base/errors/gateway-error.ts';
import { formatFloatPlain } from './go-format.ts';

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
  });
  // A text is taken as the exact decimal; a number would be rounded from its binary value (1.005 is a little less).
  return (x) =>
    format.format((typeof x === 'bigint' ? String(x) : formatFloatPlain(x)) as unknown as number).replaceAll(NARROW_SPACE, WIDE_SPACE);
}

/** eKuiper's locale data has the plain no-break space where newer data has the narrow one (French). */
const NARROW_SPACE = '\u202f';
const WIDE_SPACE = '\u00a0';

/** Two-letter regions that are no countries. */
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
