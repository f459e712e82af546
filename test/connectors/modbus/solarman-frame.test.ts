// What a solar logger says of itself is answered so that it stays connected, and no damaged frame is taken for one.
import { describe, expect, it } from 'vitest';
import {
  type SolarmanFrame,
  solarmanReply,
  solarmanRequest,
  solarmanTime,
  takeSolarman,
} from '../../../src/connectors/modbus/transport/solarman-frame.ts';

const framesOf = (bytes: Buffer): SolarmanFrame[] => {
  const frames: SolarmanFrame[] = [];
  takeSolarman(bytes, (f) => void frames.push(f));
  return frames;
};
const heartbeat = Buffer.from('a501001047976daa4c2c8e000c15', 'hex');

// @covers issue:19#9
describe('frames of Solarman V5, byte by byte', () => {
  it('a heartbeat is answered with the time, the next sequence byte and the control code of answers', () => {
    const [frame] = framesOf(heartbeat);
    const [answer] = framesOf(solarmanTime(frame!, 1_700_000_000_999)!);
    expect(answer).toMatchObject({ control: 0x1710, sequence: 0x6d98, serial: 0x8e2c4caa });
    expect(answer!.payload.toString('hex')).toBe('000100f1536500000000');
    const wrapped = solarmanTime({ ...frame!, sequence: 0x6dff }, 0)!;
    expect(framesOf(wrapped)[0]!.sequence).toBe(0x6d00);
    expect(solarmanTime({ ...frame!, control: 0x1510 }, 0)).toBeUndefined();
  });

  it('each flipped byte of a frame makes it none', () => {
    const whole = solarmanRequest(0x8e2c4caa, 7, Buffer.from('010300aa0001a42a', 'hex'));
    expect(framesOf(whole)).toHaveLength(1);
    for (let i = 0; i < whole.length; i++) {
      const spoilt = Buffer.from(whole);
      spoilt[i]! ^= 0x10;
      expect([i, framesOf(spoilt).length]).toEqual([i, 0]);
    }
  });

  it('a reply is of the inverter and longer than its head; a short one is a refusal', () => {
    const reply = (payload: string, control = 0x1510) =>
      solarmanReply({ control, sequence: 0, serial: 0, payload: Buffer.from(payload, 'hex') });
    const head = (kind: string) => `${kind}01${'00'.repeat(12)}`;
    expect(reply(`${head('02')}0103020001`)).toEqual({ rtu: Buffer.from('0103020001', 'hex') });
    expect(reply(`${head('02')}0600`)).toEqual({ refusal: 6 });
    expect(reply(head('02'))).toBeUndefined();
    expect(reply(`${head('01')}0103020001`)).toBeUndefined();
    expect(reply(`${head('02')}0103020001`, 0x1410)).toBeUndefined();
  });
});
