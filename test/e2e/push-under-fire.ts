import { BatchWriteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { shardOf } from '../../lib/adapters/dynamodb/shards.ts';
import type { OutcomeLine } from '../../lib/pipeline/push/outcomes.ts';
import type { PushRun } from '../../lib/pipeline/push/push-run.ts';
import { engineLogin } from '../engines.ts';
import { type AudienceStage, LIST, MINUTE } from './audience-stage.ts';

const BATCH = 500;
const AT_ONCE = 25;
/** A message of a worker that died is hidden for six times the function's time limit. */
const HIDDEN_MS = 12 * MINUTE;

const idOf = (n: number) => `p_${String(n).padStart(6, '0')}`;
const addressOf = (n: number) => `person${n}@example.com`;

/** Rows as resolve-profile writes them, into the database itself. */
export async function loadAudience({ stage, shop }: AudienceStage, audience: string, people: number): Promise<void> {
  const client = new DynamoDBClient({ ...engineLogin, endpoint: stage.engines.dynamodb });
  const table = String(stage.resolve('MEMBERSHIPS_TABLE'));
  const starts = Array.from({ length: Math.ceil(people / AT_ONCE) }, (_, n) => n * AT_ONCE);
  const load = async (): Promise<void> => {
    for (let from = starts.pop(); from !== undefined; from = starts.pop()) {
      const some = Array.from({ length: Math.min(AT_ONCE, people - from) }, (_, n) => n + Number(from));
      const RequestItems = { [table]: some.map((n) => ({ PutRequest: { Item: rowOf(audience, n) } })) };
      await client.send(new BatchWriteItemCommand({ RequestItems }));
    }
  };
  await Promise.all([load(), load(), load(), load()]);
  client.destroy();
  for (let n = 0; n < people; n += 1) shop.putMember(LIST, { email: addressOf(n) });
}

function rowOf(audience: string, n: number) {
  const profile = idOf(n);
  const wanted = JSON.stringify({ in: true, keys: [{ type: 'email', value: addressOf(n) }] });
  return {
    owner: { S: `audience:${audience}#${shardOf(profile)}` },
    profile: { S: profile },
    pending: { S: `${audience}#${shardOf(profile)}` },
    wanted: { S: wanted },
    version: { N: '1' },
    toldVersion: { N: '0' },
  };
}

/** A request with members, as the tool heard it: after how many kills, and whether its answer was an error. */
interface Heard {
  readonly addresses: readonly string[];
  readonly kills: number;
  readonly lost: boolean;
}

/**
 * Pushes an audience whose workers are killed, as processes, at random instants until so many have died; its message comes twice; and the
 * tool answers 500 after it took a batch. Returns what became of it.
 */
export async function pushUnderFire(
  on: AudienceStage,
  audience: string,
  given: { readonly seed: number; readonly deaths: number },
) {
  const { stage, shop } = on;
  const command = { audience, scheduledAt: new Date(on.now()).toISOString() };
  let random = given.seed;
  const dice = (most: number): number => {
    random = (random * 1_103_515_245 + 12_345) % 2_147_483_648;
    // The low digits of such a number repeat themselves.
    return Math.floor((random / 2_147_483_648) * most);
  };
  const first = shop.calls.length;
  const isCarrying = ({ method, path }: (typeof shop.calls)[number]) =>
    method === 'POST' && /\/segments\/\d+$/.test(path);
  const carrying = () => shop.calls.slice(first).filter(isCarrying);
  /** Of the calls that the tool had heard, how many it were at each kill. */
  const killedAfter: number[] = [];
  const failed = stage.failures.length;
  /** Invocations that gave no answer: a process that had nothing in hand is no death of a worker. */
  const deaths = () => stage.failures.length - failed;
  let failures = 0;

  /** Kills a worker at a random instant after the first thing that the tool hears of it. */
  async function killNext(over: AbortSignal): Promise<void> {
    // One at a time: three in a row for one batch would rightly end as `retry`.
    if (dice(3) === 0 && failures < 6 && shop.faults.length === 0) {
      failures += 1;
      shop.faults.push({ kind: 'error', status: 500, carriedOut: 1, on: 'write' });
    }
    const calls = shop.calls.length;
    const more = dice(3);
    const delay = dice(300);
    while (shop.calls.length <= calls && !over.aborted) await pause(2);
    const batches = carrying().length + more;
    while (carrying().length < batches && !over.aborted) await pause(2);
    await pause(delay);
    if (over.aborted) return;
    killedAfter.push(shop.calls.length);
    stage.kill('activate-audience');
    await pause(30);
  }

  const over = new AbortController();
  const killing = (async () => {
    while (deaths() < given.deaths && !over.signal.aborted) await killNext(over.signal);
  })();
  // Twice at once to begin with; later ones take the place of those that were received five times.
  await on.send(command);
  for (let round = 0; deaths() < given.deaths && round < 2 * given.deaths; round += 1) {
    await on.send(command);
    await stage.runUntil(on.now() + HIDDEN_MS + MINUTE);
  }
  over.abort();
  await killing;
  await on.send(command);
  await on.send(command);
  await stage.runUntil(on.now() + 2 * HIDDEN_MS);

  const heard = shop.calls.slice(first).flatMap((call, at): Heard[] => {
    if (!isCarrying(call)) return [];
    const kills = killedAfter.filter((calls) => calls <= first + at).length;
    return [{ addresses: call.body.members_to_add as string[], kills, lost: call.status !== 200 }];
  });
  const { runs } = (await on.call('GET', '/api/runs')) as { readonly runs: readonly PushRun[] };
  const run = runs.find((one) => one.audience === audience);
  return { deaths: deaths(), failures, heard, run, outcomes: await outcomesOf(on, run?.id ?? '') };
}

/** People who were sent again though nobody died and no answer was lost since: nobody may be. */
export function sentWithoutNeed(heard: readonly Heard[]): number {
  const last = new Map<string, Heard>();
  let found = 0;
  for (const call of heard) {
    for (const address of call.addresses) {
      const before = last.get(address);
      if (before !== undefined && !before.lost && before.kills === call.kills) found += 1;
      last.set(address, call);
    }
  }
  return found;
}

/** The fewest requests that can carry so many people. */
export function fewestCalls(people: number): number {
  return Math.ceil(people / BATCH);
}

async function outcomesOf({ call }: AudienceStage, run: string): Promise<OutcomeLine[]> {
  const lines: OutcomeLine[] = [];
  for (let part = 0, parts = 1; part < parts; part += 1) {
    const answer = (await call('GET', `/api/runs/${encodeURIComponent(run)}/outcomes/${part}`)) as {
      readonly parts: number;
      readonly outcomes: readonly OutcomeLine[];
    };
    parts = answer.parts;
    lines.push(...answer.outcomes);
  }
  return lines;
}

async function pause(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
}
