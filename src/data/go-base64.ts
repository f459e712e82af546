// Standard base64 with padding, as strict as Go's base64.StdEncoding (Node's decoder takes anything). Used for BYTEA and decode().

const STANDARD = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** @returns undefined when the text is not padded standard base64; line breaks inside are ignored, as Go does */
export function decodeBase64(text: string): Uint8Array | undefined {
  const compact = /[\r\n]/.test(text) ? text.replace(/[\r\n]/g, '') : text;
  return STANDARD.test(compact) ? Buffer.from(compact, 'base64') : undefined;
}

export const encodeBase64 = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
