import { describe, expect, it } from 'vitest';
import { fuzz } from '../fuzz/parser.ts';
import { allParsers } from '../fuzz/parsers.ts';

/** Some minutes. To see a failure again: TRIBUTARY_SEED=… npx vitest run test/fuzz */
const numRuns = Number(process.env.TRIBUTARY_RUNS ?? 4_000);
const parsers = await allParsers();

describe('whatever comes, very many times', () => {
  it.each(parsers)('$name', async (parser) => {
    await expect(fuzz(parser, { numRuns })).resolves.toBeUndefined();
  });
});
