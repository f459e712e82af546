import { describe } from 'vitest';
import * as group from '../../../src/functions/scalar/other/index.ts';
import { testExamples } from '../run-examples.ts';

describe('examples of the other functions', () => testExamples(group));
