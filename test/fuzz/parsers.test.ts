import { describe, expect, it } from 'vitest';
import { loadConnectors } from '../../lib/connectors/define.ts';
import { connectors as registry } from '../../lib/connectors/registry.ts';
import { namesFor } from './connector-parsers.ts';
import { fuzz } from './parser.ts';
import { allParsers } from './parsers.ts';

const connectors = await loadConnectors(registry);

/** In CI a few of each; `TRIBUTARY_RUNS` and the nightly run do many. A failure names its seed and path. */
const numRuns = Number(process.env.TRIBUTARY_RUNS ?? 12);
const seed = process.env.TRIBUTARY_SEED === undefined ? {} : { seed: Number(process.env.TRIBUTARY_SEED) };
const parsers = await allParsers();

describe('the list of parsers', () => {
  it('has every connector with all that it reads', () => {
    const listed = parsers.map(({ name }) => name);
    const wanted = Object.entries(connectors).flatMap(([id, connector]) => namesFor(id, connector));

    expect(wanted.length).toBeGreaterThan(40);
    expect(wanted.filter((name) => !listed.includes(name))).toEqual([]);
    expect(new Set(listed).size).toBe(listed.length);
  });
});

describe('whatever comes', () => {
  it.each(parsers)('$name', async (parser) => {
    await expect(fuzz(parser, { numRuns, ...seed })).resolves.toBeUndefined();
  });
});
