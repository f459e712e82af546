import { describe } from 'vitest';
import * as group from '../../../src/functions/scalar/transform/index.ts';
import { testExamples } from '../run-examples.ts';

describe('examples of the transform functions', () => testExamples(group));
