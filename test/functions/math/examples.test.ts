import { describe } from 'vitest';
import * as group from '../../../src/functions/scalar/math/index.ts';
import { testExamples } from '../run-examples.ts';

describe('examples of the math functions', () => testExamples(group));
