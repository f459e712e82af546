// Fuzz targets of the presets of serial lines and of Sparkplug: whatever comes, a row or a refusal, little memory.
import { presets } from '../../../src/connectors/serial/presets/index.ts';
import { HostState } from '../../../src/connectors/sparkplug/host-state.ts';
import { orRefusesCoded, type Target } from '../target.ts';

function hold(right: boolean, what: string): void {
  if (!right) throw new TypeError(what);
}

export const presetTargets: readonly Target[] = [
  {
    name: 'serial-preset',
    doc: 'a chunked line through framing and decoding of each preset; first byte: which, second: how the bytes are cut',
    seeds: [
      '\0\x09/ISk5\r\n\r\n1-0:1.8.1(123456.789*kWh)\r\n!0000\r\n',
      Buffer.concat([Buffer.from([1, 9]), Buffer.from('1b1b1b1b0101010176050de7eb4c620062007263010176010105', 'hex')]),
      '\x02\x09\x021.8.0(001234.56*kWh)\r\n!\r\n\x03\x00',
      Buffer.concat([
        Buffer.from([3, 9]),
        Buffer.from('681F1F680802727856341224400107550000000313153100DA023B13018B60043718021816', 'hex'),
      ]),
      '\x04\x09$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\n',
      '\x05\x09\r\nPID\t0xA053\r\nV\t13790\r\nChecksum\t\x00:7F\n',
      '\x06\x09S S     100.00 g\r\n',
      '\x07\x09400638\r\n',
    ],
    words: ['\r\n', '/', '!', '\x1b\x1b\x1b\x1b', '\x02', '\x03', '\x68', '$', '*', 'Checksum\t', '(', ')', '*kWh'],
    maxBytes: 600,
    files: /\/src\/connectors\/serial\/presets\//,
    load: async () => (input) => {
      const preset = presets[(input[0] ?? 0) % presets.length]!;
      const props = { sentences: [], withoutChecksum: (input[1] ?? 0) > 127, meters: [] };
      const framer = preset.framing(props).create({}, () => undefined);
      const cut = 1 + ((input[1] ?? 0) % 13);
      const out = (frame: Buffer) => {
        const row = orRefusesCoded(() => preset.decode(frame, props));
        hold(row === undefined || Object.values(row).every((v) => v !== undefined && !Number.isNaN(v)), 'a value that is none');
      };
      for (let at = 2; at < input.length; at += cut) framer.push(input.subarray(at, at + cut), out);
      framer.idle?.(out);
      // without its framing, as if all checksums were right
      out(Buffer.from(input.subarray(2)));
      framer.reset();
      hold(framer.held === 0, 'reset leaves bytes behind');
    },
  },
  {
    name: 'sparkplug-host',
    doc: 'payloads of a node to a host: births, data and deaths by the first byte of each part',
    seeds: [
      Buffer.concat([Buffer.from([0]), Buffer.from('080112070a01632001500118000104', 'hex')]),
      '\x01\x18\x01\x12\x04\x10\x01\x50\x05',
    ],
    maxBytes: 400,
    files: /\/src\/connectors\/sparkplug\//,
    load: async () => (input) => {
      const host = new HostState((input[0] ?? 0) > 127);
      const kinds = ['NBIRTH/n', 'NDATA/n', 'DBIRTH/n/d', 'DDATA/n/d', 'NDEATH/n', 'DDEATH/n/d'];
      const size = Math.max(1, Math.ceil(input.length / 3));
      for (let at = 0; at < input.length; at += size) {
        const kind = kinds[(input[at] ?? 0) % kinds.length]!;
        const { rows } = host.message(`spBv1.0/g/${kind}`, input.subarray(at + 1, at + size), at);
        hold(
          rows.every((r) => r['group'] === 'g'),
          'a row of another group',
        );
      }
    },
  },
];
