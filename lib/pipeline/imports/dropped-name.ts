import { createHash } from 'node:crypto';
import type { JsonObject } from '../../domain/json.ts';
import type { Clock, StateStore } from '../ports.ts';
import { FILE_KNOWN_MS } from './import-state.ts';

/** A file as it was dropped under a name. */
export interface NamedDrop {
  readonly connection: string;
  readonly name: string;
  /** SHA-256 of its bytes. */
  readonly content: string;
  /** When it was dropped, RFC 3339. */
  readonly at: string;
  /** When this content first came to the connection, however it came. */
  readonly first: string;
}

/** What lies under a name. */
interface Lying {
  readonly content: string;
  /** The latest drop of it. */
  readonly at: string;
  /** The time of its rows. */
  readonly told: string;
  /** When it went back to this content. */
  readonly backAt?: string;
}

/**
 * When a dropped file goes back to a content whose rows are older than those that came under its name since: that drop, at
 * which its rows are told again. Undefined where nothing came in between. Asked again about the same content it answers the
 * same, so that a worker that died is followed and one file dropped twice stays one import; a drop that is told of after a
 * later one changes nothing.
 */
export async function whenBack(
  deps: { readonly state: StateStore; readonly clock: Pick<Clock, 'now'> },
  drop: NamedDrop,
): Promise<string | undefined> {
  const { content, at, first } = drop;
  const id = `${drop.connection}/${createHash('sha256').update(drop.name).digest('hex').slice(0, 32)}`;
  for (;;) {
    const held = await deps.state.get('import-name', id);
    const before = held?.body as unknown as Lying | undefined;
    const isSame = before?.content === content;
    if (before !== undefined && at < before.at) return isSame ? before.backAt : undefined;
    const isBack = !isSame && before !== undefined && first < before.told;
    const backAt = isSame ? before.backAt : isBack ? at : undefined;
    const back = backAt === undefined ? {} : { backAt };
    const lying: Lying = { content, at, told: backAt ?? first, ...back };
    const expiresAt = deps.clock.now().getTime() + FILE_KNOWN_MS;
    const body = lying as unknown as JsonObject;
    if (await deps.state.put('import-name', id, body, held?.version ?? 0, { expiresAt })) return backAt;
  }
}
