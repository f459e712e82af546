// Files and fields of a multipart/form-data body. Node's own FormData does the parsing; it is loaded with the first upload.
import { GatewayError, messageOf } from '../base/errors/gateway-error.ts';
import type { RestRequest } from './request.ts';

export interface UploadedFile {
  name: string;
  content: Uint8Array;
}

export interface Multipart {
  /** @throws GatewayError SERVICE_REFUSED when the form has no such file */
  file(field: string): Promise<UploadedFile>;
  /** @returns undefined when the form has no such text */
  text(field: string): string | undefined;
}

export function isMultipart(r: RestRequest): boolean {
  return (r.headers['content-type'] ?? '').toLowerCase().startsWith('multipart/form-data');
}

/** @param what how eKuiper begins the message of a refusal */
export async function readMultipart(r: RestRequest, what: string): Promise<Multipart> {
  const refuse = (why: string) => new GatewayError('SERVICE_REFUSED', { text: `${what}: ${why}` });
  let form: FormData;
  try {
    form = await new Response(r.body as Uint8Array<ArrayBuffer>, {
      headers: { 'Content-Type': r.headers['content-type'] ?? '' },
    }).formData();
  } catch (error) {
    throw refuse(messageOf(error));
  }
  return {
    async file(field) {
      const file = form.get(field);
      if (file === null || typeof file === 'string') throw refuse(`${field} field is required`);
      return { name: file.name, content: new Uint8Array(await file.arrayBuffer()) };
    },
    text(field) {
      const value = form.get(field);
      return typeof value === 'string' ? value : undefined;
    },
  };
}
