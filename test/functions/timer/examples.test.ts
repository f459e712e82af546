import { describe } from 'vitest';
import * as group from '../../../src/functions/timer/index.ts';
import { testExamples } from '../run-examples.ts';

describe('examples of the timer functions', () => testExamples(group));
