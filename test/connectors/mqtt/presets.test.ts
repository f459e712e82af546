// Brokers of clouds by name: what a preset fills in, and what it asks for.
import { describe, expect, it } from 'vitest';
import { type ConnectionProps, connectionOptions, readConnection } from '../../../src/connectors/mqtt/options.ts';
import { createMqttSink } from '../../../src/connectors/mqtt/sink.ts';
import { createMqttSource } from '../../../src/connectors/mqtt/source.ts';
import { parseOptions } from '../../../src/contract/props.ts';

const read = (props: Record<string, unknown>) => readConnection(parseOptions<ConnectionProps>('mqtt', connectionOptions, props));
const cert = { certificationPath: '/c.pem', privateKeyPath: '/k.pem' };
const login = { username: 'u', password: 'p' };

describe('MQTT presets', () => {
  it.each([
    [{ preset: 'aws-iot', server: 'x-ats.iot.eu.example', ...cert }, 'ssl://x-ats.iot.eu.example:8883', []],
    [{ preset: 'aws-iot', server: 'x.example:443', ...cert }, 'ssl://x.example:443', ['x-amzn-mqtt-ca']],
    [{ preset: 'aws-iot', server: 'ssl://x.example:443', ...cert, alpn: ['mqtt'] }, 'ssl://x.example:443', ['mqtt']],
    [{ preset: 'aws-iot', server: 'ssl://x.example:443', username: 'u', alpn: 'mqtt' }, 'ssl://x.example:443', ['mqtt']],
    [{ preset: 'aws-iot', server: 'wss://x.example/mqtt?X-Amz-Signature=1' }, 'wss://x.example/mqtt?X-Amz-Signature=1', []],
    [{ preset: 'azure-event-grid', server: 'n.ts.eventgrid.example', username: 'c1', ...cert }, 'ssl://n.ts.eventgrid.example:8883', []],
    [{ preset: 'hivemq-cloud', server: 'a.example', ...login }, 'ssl://a.example:8883', []],
    [{ preset: 'emqx-cloud', server: 'wss://a.example:8084/mqtt', ...login }, 'wss://a.example:8084/mqtt', []],
  ])('%j fills in address, version and protocol', (props, server, alpn) => {
    expect(read(props)).toMatchObject({ server, alpn, protocolVersion: '5' });
  });

  it('leaves a version that is named, and everything where there is no preset', () => {
    expect(read({ preset: 'emqx-cloud', server: 'a', ...login, protocolVersion: '3.1.1' }).protocolVersion).toBe('3.1.1');
    expect(read({ server: 'a:443', ...cert })).toMatchObject({ server: 'a:443', protocolVersion: '', alpn: [] });
  });

  it.each([
    [{ preset: 'aws-iot', server: 'a' }, /preset aws-iot needs a client certificate: certificationPath and privateKeyPath/],
    [{ preset: 'azure-event-grid', server: 'a', ...cert }, /preset azure-event-grid needs username: the authentication name/],
    [{ preset: 'hivemq-cloud', server: 'a', username: 'u' }, /preset hivemq-cloud needs username and password/],
    [{ preset: 'emqx-cloud', server: 'a' }, /preset emqx-cloud needs username and password/],
    [{ preset: 'aws-iot', server: 'tcp://a', ...cert }, /preset aws-iot takes connections with TLS only: use ssl:\/\/ or wss:\/\//],
    [{ preset: 'azure', server: 'a' }, /preset.*is not one of .*aws-iot, azure-event-grid, hivemq-cloud, emqx-cloud/],
  ])('%j is refused with what is missing, in sources and sinks', (props, words) => {
    expect(() => createMqttSink().configure!({ topic: 't', ...props })).toThrow(words);
    expect(() => createMqttSource().configure!('t', props)).toThrow(words);
  });
});
