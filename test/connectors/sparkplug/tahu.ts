// The encoder and decoder of Eclipse Tahu, the outside counterpart of the Sparkplug tests.
import { get } from 'sparkplug-payload';

export const tahu = get('spBv1.0')!;
