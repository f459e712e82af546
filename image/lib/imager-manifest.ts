// The list that Raspberry Pi Imager reads (its option --repo, or a URL): sizes and checksums of the compressed and the unpacked image, and which boards it is
// for. Called by build.sh: imager-manifest.ts --image FILE.img --packed FILE.img.zst --version V --epoch SECONDS --out FILE [--url BASE].
import { createHash } from 'node:crypto';
import { createReadStream, statSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';

/** Imager's names of the boards that boards/raspberry-pi supports. */
const DEVICES = ['pi3-64bit', 'pi4-64bit'];

export interface ImageFacts {
  name: string;
  version: string;
  /** Address of the folder that the file is in; empty: the file lies beside the list. */
  baseUrl: string;
  /** Seconds since 1970. */
  epoch: number;
  unpacked: { bytes: number; sha256: string };
  packed: { name: string; bytes: number; sha256: string };
}

export function imagerManifest({ name, version, baseUrl, epoch, unpacked, packed }: ImageFacts): object {
  return {
    os_list: [
      {
        name,
        description: `Version ${version}. Streaming SQL on MQTT, serial lines and Modbus; login by SSH key as user kuiper`,
        url: `${baseUrl === '' || baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`}${packed.name}`,
        extract_size: unpacked.bytes,
        extract_sha256: unpacked.sha256,
        image_download_size: packed.bytes,
        image_download_sha256: packed.sha256,
        release_date: new Date(epoch * 1000).toISOString().slice(0, 10),
        // host name, SSH key, Wi-Fi and time zone of its dialogue are taken from the files that this writes (docs/adr/0141)
        init_format: 'cloudinit',
        devices: DEVICES,
      },
    ],
  };
}

async function facts(file: string): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return { bytes: statSync(file).size, sha256: hash.digest('hex') };
}

if (import.meta.main) {
  const options = Object.fromEntries(['image', 'packed', 'version', 'epoch', 'out', 'url'].map((n) => [n, { type: 'string' as const }]));
  const { image, packed, version, epoch, out, url } = parseArgs({ options }).values as Record<string, string | undefined>;
  if (!image || !packed || !version || !epoch || !out)
    throw new Error('usage: --image FILE --packed FILE --version V --epoch SECONDS --out FILE [--url BASE]');
  const manifest = imagerManifest({
    name: 'Kuiper Gateway (64-bit)',
    version,
    baseUrl: url ?? '',
    epoch: Number(epoch),
    unpacked: await facts(image),
    packed: { name: basename(packed), ...(await facts(packed)) },
  });
  writeFileSync(out, `${JSON.stringify(manifest, null, 2)}\n`);
}
