import { describe } from 'vitest';
import * as group from '../../../src/functions/scalar/object/index.ts';
import { testExamples } from '../run-examples.ts';

describe('examples of the object functions', () => testExamples(group));
