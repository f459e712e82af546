import { describe } from 'vitest';
import * as group from '../../../src/functions/scalar/json/index.ts';
import { testExamples } from '../run-examples.ts';

describe('examples of the json functions', () => testExamples(group));
