import { describe } from 'vitest';
import * as group from '../../../src/functions/scalar/measure/index.ts';
import { testExamples } from '../run-examples.ts';

describe('examples of the functions of measure', () => testExamples(group));
