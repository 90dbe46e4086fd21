import type { Definitions } from '../../domain/definitions.ts';
import type { FacetCounts } from '../../domain/facet/count-facets.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { VisitCounts } from '../define/count-facets.ts';
import { readRecounts } from '../define/recount.ts';
import type { StateStore } from '../ports.ts';
import { quarantineKind, quarantineSources } from '../quarantine.ts';

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
    /** Of those counted, by why: the commonest first. */
    readonly reasons: readonly RejectedReason[];
  }[];
}

/** Records of one stream that were refused alike. */
export interface RejectedReason {
  readonly stream: string;
  readonly code: string;
  readonly reason: string;
  readonly records: number;
}

const MOST_COUNTED = 1_000;
const MOST_REASONS = 20;

/** The seven kinds of data over everybody, by source, and how many records wait in quarantine. */
export async function describeData(
  { state }: { readonly state: StateStore },
  { connections }: Pick<Definitions, 'connections'>,
): Promise<DataPage> {
  const [[counted], ...quarantine] = await Promise.all([
    readRecounts(state, 1),
    ...quarantineSources(connections, []).map(async (connection) => {
      const kept = await state.list(quarantineKind(connection), { most: MOST_COUNTED });
      const reasons = reasonsIn(kept.map(({ body }) => body)).slice(0, MOST_REASONS);
      return { connection, records: kept.length, more: kept.length === MOST_COUNTED, reasons };
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

function reasonsIn(rejected: readonly JsonObject[]): readonly RejectedReason[] {
  const found = new Map<string, RejectedReason>();
  for (const { stream, code, reason } of rejected) {
    const key = JSON.stringify([stream, code, reason]);
    const records = (found.get(key)?.records ?? 0) + 1;
    found.set(key, { stream: String(stream), code: String(code), reason: String(reason), records });
  }
  return [...found.values()].sort((a, b) => b.records - a.records || (a.reason < b.reason ? -1 : 1));
}
