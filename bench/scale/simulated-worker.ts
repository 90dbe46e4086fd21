import { openHistoryStore } from '../../lib/adapters/dynamodb/history-store.ts';
import { openMembershipStore } from '../../lib/adapters/dynamodb/membership-store.ts';
import { openProfileStore } from '../../lib/adapters/dynamodb/profile-store.ts';
import { dueOf } from '../../lib/domain/decide.ts';
import { TributaryError } from '../../lib/domain/errors.ts';
import type { Json } from '../../lib/domain/json.ts';
import { type Follow, newProfile, type Profile, type Wanted } from '../../lib/domain/profile.ts';
import { functions } from '../../lib/infra/functions.ts';
import { maxReceiveCount, visibilitySeconds } from '../../lib/infra/queues.ts';
import { writeFollowers } from '../../lib/pipeline/resolve/follow.ts';
import { limits } from './aws-limits.ts';
import { type DynamoShape, names, openSimulatedDynamo } from './simulated-dynamo.ts';
import { openSimulatedQueue, type QueueShape } from './simulated-queue.ts';
import type { VirtualTime } from './virtual-time.ts';

/** A person as the simulation knows one. */
export interface Person {
  readonly id: string;
  /** The segment that they leave or enter, and the audience of it; absent: the answer stands, and only its flip moves. */
  readonly moves?: { readonly segment: string; readonly audience: string; readonly member: boolean };
}

interface Standing {
  readonly person: Person;
  version: number;
  decidedAt?: number;
  /** Rows are to follow. */
  owing: boolean;
}

export interface WorkerShape {
  readonly dynamo: Omit<DynamoShape, 'latencyMs'>;
  readonly workers: number;
  readonly order: QueueShape['order'];
  /** Processor time of the function for one person whom it decides, on a whole core. */
  readonly cpuMs: number;
  readonly latencyMs: number;
  /** When the answers of whoever is decided flip next, in ms; the same for all. */
  readonly nextFlip: number;
}

/** The reader of the recompute queue and of the changes queue; both are resolve-profile. */
const { timeoutSeconds, memoryMb, sources } = functions['resolve-profile'];
const [{ batchSize }] = sources;

/**
 * resolve-profile as far as it writes: the product's own stores, packing, pauses, outboxes and order of effects, over a
 * simulated service. Of its thinking only the processor time is left, and it comes before the writes. Whose message fails
 * comes again when its visibility ends; whoever was decided by then is only asked for rows that are owed.
 */
export function openSimulatedWorkers(time: VirtualTime, shape: WorkerShape) {
  const people = new Map<string, Standing>();
  let decided = 0;
  let settled = 0;
  let rowsAt = 0;
  const simulated = openSimulatedDynamo(
    time,
    { ...shape.dynamo, latencyMs: shape.latencyMs },
    {
      written(id) {
        const standing = standingOf(id);
        if (standing.decidedAt !== undefined) return false;
        standing.version += 1;
        standing.decidedAt = time.elapsed();
        decided += 1;
        standing.owing = standing.person.moves !== undefined;
        if (!standing.owing) settled += 1;
        return true;
      },
      cleared(id) {
        const standing = standingOf(id);
        if (standing.owing) settled += 1;
        standing.owing = false;
      },
      row(owner) {
        if (owner.startsWith('audience:')) rowsAt = time.elapsed();
      },
    },
  );
  const { dynamo } = simulated;
  const profiles = openProfileStore(dynamo, names);
  const stores = {
    profiles,
    memberships: openMembershipStore(dynamo, names.memberships, time.now),
    history: openHistoryStore(dynamo, names.history),
  };
  const cpuMs = shape.cpuMs * (limits.megabytesACore.value / Math.min(memoryMb, limits.megabytesACore.value));

  function standingOf(id: string): Standing {
    const standing = people.get(id);
    if (standing === undefined) throw new Error('a profile that nobody added');
    return standing;
  }

  async function resolve(ids: readonly string[]): Promise<void> {
    await profiles.read(ids);
    const news: Profile[] = [];
    const owing: Profile[] = [];
    const now = time.now().getTime();
    for (const id of ids) {
      const standing = standingOf(id);
      if (standing.decidedAt === undefined) news.push(decideAt(now, standing, shape.nextFlip));
      else if (standing.owing) owing.push(decideAt(now, standing, shape.nextFlip));
    }
    await time.wait(ids.length * cpuMs);
    const outcomes = await profiles.write(news);
    const written = news.filter(({ id }) => outcomes.get(id) === 'written');
    await writeFollowers(stores, [...written.map((one) => ({ ...one, version: one.version + 1 })), ...owing]);
  }

  async function work(bodies: readonly Json[]): Promise<boolean> {
    const began = time.elapsed();
    try {
      await resolve([...new Set(bodies.flatMap((body) => (body as { readonly profiles: string[] }).profiles))]);
    } catch (thrown) {
      if (thrown instanceof TributaryError && thrown.code === 'store/throttled') return false;
      throw thrown;
    }
    return time.elapsed() - began <= timeoutSeconds * 1_000;
  }

  const { queue, counts } = openSimulatedQueue(time, {
    batchSize,
    maxConcurrency: shape.workers,
    visibilityMs: visibilitySeconds(timeoutSeconds) * 1_000,
    maxReceiveCount,
    order: shape.order,
    latencyMs: shape.latencyMs,
    work,
  });

  return {
    queue,
    profiles,
    /** Adds somebody who is due at an instant, before anything runs. */
    add(person: Person, due: { readonly hour: string; readonly at: number } | undefined): void {
      people.set(person.id, { person, version: 1, owing: false });
      if (due !== undefined) simulated.due.move(person.id, due);
    },
    counts: () => ({ ...counts(), ...simulated.counts(), decided, settled, rowsAt }),
    /** Ms from the start until each person was decided, in their order. */
    times: (): number[] => [...people.values()].flatMap(({ decidedAt }) => decidedAt ?? []).sort((a, b) => a - b),
    isOver: () => settled === people.size,
  };
}

/** What the write of a person whose time has come leaves, by the product's own rule of when the sweep must look again. */
function decideAt(now: number, { person, version }: Standing, flipsAt: number): Profile {
  const { id, moves } = person;
  const outbox: Follow[] =
    moves === undefined
      ? []
      : [
          { row: 'segment', segment: moves.segment, member: moves.member, at: now },
          { row: 'audience', audience: moves.audience },
        ];
  if (moves === undefined) return { ...newProfile(id), version, flipsAt, dueAt: flipsAt };
  const { segment, audience, member } = moves;
  const left: Wanted = { in: false, reason: 'not-in-segment' };
  const wanted: Wanted = member ? { in: true, keys: [{ type: 'email', value: `${id}@example.com` }] } : left;
  const memberships = member ? { [segment]: now } : {};
  const dueAt = dueOf(flipsAt, outbox, now);
  return { ...newProfile(id), version, memberships, wanted: { [audience]: wanted }, flipsAt, dueAt, outbox };
}
