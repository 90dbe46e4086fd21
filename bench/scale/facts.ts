import { readFileSync } from 'node:fs';
import type { Measurement } from '../measurement.ts';

const results = new URL('../results/', import.meta.url);

type Of = NonNullable<Measurement['of']>;

/** What benches saved, to compute with. */
export interface Facts {
  /** The value of the saved line of a metric whose `of` has what is asked. Throws Error when there is none. */
  value(job: string, metric: string, of?: Of): number;
  /** All saved lines of a job. */
  lines(job: string): readonly Measurement[];
}

export function openFacts(): Facts {
  const held = new Map<string, readonly Measurement[]>();
  const lines = (job: string): readonly Measurement[] => {
    let found = held.get(job);
    if (found === undefined) {
      const text = readFileSync(new URL(`${job}.ndjson`, results), 'utf8').trim();
      found = text.split('\n').map((line) => JSON.parse(line) as Measurement);
      held.set(job, found);
    }
    return found;
  };
  return {
    lines,
    value(job, metric, of = {}) {
      const has = (line: Measurement): boolean => Object.entries(of).every(([name, one]) => line.of?.[name] === one);
      const found = lines(job).find((line) => line.metric === metric && has(line));
      if (found === undefined) throw new Error(`no saved line of ${job}: ${metric} ${JSON.stringify(of)}`);
      return found.value;
    },
  };
}
