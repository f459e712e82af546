import { describe } from 'vitest';
import * as group from '../../../src/functions/scalar/hash/index.ts';
import { testExamples } from '../run-examples.ts';

describe('examples of the hash functions', () => testExamples(group));
