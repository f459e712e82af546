// Appends each row as a line of JSON to a file below <root>/data/jsonLines: an example of a sink that waits for the disk and so is sure that what
// it reports as delivered is there. Option `file` (a name without folders, default <rule>.jsonl).
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Props, Row, SinkContext } from 'kuiper-gateway';

export class JsonLines {
  #name = '';
  #file: FileHandle | undefined;

  configure(props: Props): void {
    this.#name = String(props['file'] ?? '');
    if (!/^[\w.-]*$/.test(this.#name) || this.#name.startsWith('.'))
      throw new Error(`option file: "${this.#name}" is not a plain file name`);
  }

  async open(ctx: SinkContext): Promise<void> {
    const folder = join(ctx.getRootPath(), 'data', 'jsonLines');
    await mkdir(folder, { recursive: true });
    this.#file = await open(join(folder, this.#name || `${ctx.getRuleId()}.jsonl`), 'a');
  }

  async collect(_ctx: SinkContext, data: Row | Row[]): Promise<void> {
    const rows = Array.isArray(data) ? data : [data];
    await this.#file!.appendFile(rows.map((row) => `${JSON.stringify(row, exact)}\n`).join(''));
    await this.#file!.datasync();
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }
}

/** Whole numbers beyond 2^53 come as bigint, which JSON.stringify refuses; here they keep their digits. */
function exact(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(String(value)) : value;
}
