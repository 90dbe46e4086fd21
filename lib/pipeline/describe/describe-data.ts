import type { Definitions } from '../../domain/definitions.ts';
import type { FacetCounts } from '../../domain/facet/count-facets.ts';
import type { VisitCounts } from '../define/count-facets.ts';
import { readRecounts } from '../define/recount.ts';
import type { StateStore } from '../ports.ts';
import { quarantineSources } from '../quarantine.ts';

/** What there is about people, and what could not be used. */
export interface DataPage {
  /** Null before the first nightly count. */
  readonly counted: {
    readonly at: string;
    readonly people: number;
    readonly facets: FacetCounts;
    /** UTC day → visits of everybody who is known here, of the last days before the count. */
    readonly visits: VisitCounts;
  } | null;
  /** Connections, and what is no connection, of which records are quarantined. */
  readonly quarantine: readonly {
    readonly connection: string;
    readonly records: number;
    /** There are more than were counted. */
    readonly more: boolean;
  }[];
}

const MOST_COUNTED = 1_000;

/** The seven kinds of data over everybody, by source, and how many records wait in quarantine. */
export async function describeData(
  { state }: { readonly state: StateStore },
  { connections }: Pick<Definitions, 'connections'>,
): Promise<DataPage> {
  const [[counted], ...quarantine] = await Promise.all([
    readRecounts(state, 1),
    ...quarantineSources(connections, []).map(async (connection) => {
      const kept = await state.list(`quarantine#${connection}`, { most: MOST_COUNTED });
      return { connection, records: kept.length, more: kept.length === MOST_COUNTED };
    }),
  ]);
  return {
    counted:
      counted === undefined
        ? null
        : { at: counted.at, people: counted.people, facets: counted.facets, visits: counted.visits ?? {} },
    quarantine: quarantine.filter(({ records }) => records > 0),
  };
}
