// Bytes of a message for people: as text, or as hex digits where they are none. Used by topics.ts and taps.ts.

export function textOfBytes(bytes: Buffer): { text: string; isText: boolean } {
  const text = bytes.toString('utf8');
  const isText = !text.includes('\ufffd') && !/(?![\t\n\r])\p{Cc}/u.test(text);
  return { text: isText ? text : bytes.toString('hex'), isText };
}
