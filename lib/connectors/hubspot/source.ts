import { TributaryError } from '../../domain/errors.ts';
import type { Condition, HubspotApi } from './client.ts';

/** One kind of CRM object as a stream reads it. A stream may read several, one after the other. */
export interface Source {
  /** As in URLs: `contacts`. */
  readonly object: string;
  /** The property that says when a record was last changed: contacts have another than everything else. */
  readonly changed: 'lastmodifieddate' | 'hs_lastmodifieddate';
  readonly properties: readonly string[];
  /** What every record must meet. */
  readonly where?: readonly Condition[];
  /**
   * Property of the instant from which a record counts: it is read once that has come, though nothing changes the
   * record then. A meeting planned for tomorrow is no activity today.
   */
  readonly countsFrom?: string;
  /** Whether deleted records mean something. */
  readonly deletions?: true;
  /** The stream's records that found ones become; what cannot be read stays as it is, for quarantine. */
  readonly dress: (api: HubspotApi, found: readonly unknown[]) => Promise<readonly unknown[]>;
}

/** The source that is read after `object`, or undefined after the last. */
export function sourceAfter(sources: readonly Source[], object: string): Source | undefined {
  return sources[sources.findIndex((one) => one.object === object) + 1];
}

export function sourceOf(sources: readonly Source[], object: string): Source {
  const source = sources.find((one) => one.object === object);
  if (source !== undefined) return source;
  throw new TributaryError(
    'config',
    'sync/unknown-cursor',
    `the checkpoint names ${object}, which this stream does not read; pull it with --full`,
  );
}
