// Discovery messages of Home Assistant, column by column. No broker.
import { describe, expect, it } from 'vitest';
import { type DeviceFacts, entityOf, idOf } from '../../../src/connectors/mqtt/home-assistant/entity.ts';
import { readHomeAssistant } from '../../../src/connectors/mqtt/home-assistant/options.ts';

const device: DeviceFacts = { node: 'n', id: 'n_1', name: 'Pump', stateTopic: 't', qos: 1, availability: { topic: 'a', offline: 'gone' } };
const config = (column: string, value: unknown, props: Record<string, unknown> = {}, of = device) => {
  const message = entityOf(column, value, of, readHomeAssistant(props));
  return message && (JSON.parse(message.payload) as Record<string, unknown>);
};

// @covers issue:19#10
describe('an entity of Home Assistant', () => {
  it('is away when the will says so, in the words of the will', () => {
    expect(config('p_w', 1)).toMatchObject({ availability_topic: 'a', payload_available: 'online', payload_not_available: 'gone' });
    expect(config('p_w', 1, {}, { ...device, availability: undefined })).not.toHaveProperty('availability_topic');
  });

  it('expires no earlier than asked: seconds are rounded up', () => {
    expect(config('p_w', 1, { expireAfter: '1500ms' })).toMatchObject({ expire_after: 2 });
    expect(config('p_w', 1)).not.toHaveProperty('expire_after');
  });

  it('has the usual state class of its device class, and what was declared before it', () => {
    expect(config('e_kwh', 1)).toMatchObject({ device_class: 'energy', state_class: 'total_increasing' });
    const entities = { e_kwh: { unit: 'kWh', deviceClass: 'energy', stateClass: 'total' } };
    expect(config('e_kwh', 1, { entities })).toMatchObject({ state_class: 'total' });
    expect(config('x', 1, { entities: { x: { unit: 'widgets' } } })).toMatchObject({ state_class: 'measurement' });
    expect(config('x', 1)).not.toHaveProperty('state_class');
    expect(config('w', 1, { entities: { w: { deviceClass: 'wind_direction', unit: '°' } } })).not.toHaveProperty('state_class');
  });

  it('a text gets no unit by its name, and a declared one stands', () => {
    expect(config('p_w', 'high')).not.toHaveProperty('unit_of_measurement');
    expect(
      config('p_w', 1, { entities: { p_w: { name: 'Power', precision: 0, icon: 'mdi:flash', category: 'diagnostic' } } }),
    ).toMatchObject({
      name: 'Power',
      suggested_display_precision: 0,
      icon: 'mdi:flash',
      entity_category: 'diagnostic',
    });
  });

  it('a number can be declared a binary sensor, and has the payloads that its template makes', () => {
    const binary = config('run', 1, { entities: { run: { component: 'binary_sensor', deviceClass: 'running' } } });
    expect(binary).toMatchObject({ payload_on: 'ON', payload_off: 'OFF', device_class: 'running' });
    expect(binary).not.toHaveProperty('unit_of_measurement');
    expect(config('run', true)!['value_template']).toBe(
      `{% if "run" in value_json %}{{ 'ON' if value_json["run"] else 'OFF' }}{% endif %}`,
    );
  });

  it('ids hold the device, so that two devices never share an entity', () => {
    expect(config('a', 1)!['unique_id']).toBe('n_1_a');
    expect(entityOf('a', 1, device, readHomeAssistant({ prefix: 'ha' }))!.topic).toBe('ha/sensor/n/n_1_a/config');
    expect(idOf('ä')).not.toBe(idOf('ö'));
  });
});
