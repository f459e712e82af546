import { describe } from 'vitest';
import * as group from '../../../src/functions/scalar/array/index.ts';
import { testExamples } from '../run-examples.ts';

describe('examples of the array functions', () => testExamples(group));
