import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BatchExecuteStatementCommandInput } from '@aws-sdk/client-dynamodb';
import { DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { deriveProfileId } from '../lib/domain/identifier.ts';
import type { Json } from '../lib/domain/json.ts';
import type { Counts } from '../lib/local/proxy/counts.ts';
import { openStage, type Stage } from '../lib/local/stage.ts';
import { callStage } from '../lib/local/stage-calls.ts';
import { loadWorkspace } from '../lib/workspace/load.ts';
import { engineAccess } from './database.ts';
import { ANSWERED, clickedIn, SIGNING_SECRET, userOf, WRITE_KEY } from './load-traffic.ts';
import { openStatements } from './partiql.ts';
import { childProcesses, type ProcessUse } from './processes.ts';

/** How large the workspace is that the load meets. */
export interface Size {
  readonly people: number;
  readonly segments: number;
  readonly connections: number;
}

/** Rows of one name, and how many different ids they have: more rows than ids = something is there twice. */
export interface Stored {
  readonly rows: number;
  readonly ids: number;
}

/** A stage under load. */
export interface LoadedStage {
  readonly stage: Stage;
  /** When somebody was written down as a member, by `phase` and user; the first time. In milliseconds of the machine's clock. */
  readonly written: ReadonlyMap<string, number>;
  /** Changes that wait to be folded, those under way included. */
  waiting(): Promise<number>;
  /** What the table of activities holds, by name. */
  stored(): Promise<ReadonlyMap<string, Stored>>;
  /** Activities that profiles count, of everybody together. */
  counted(): Promise<number>;
  use(): { readonly processes: readonly ProcessUse[]; readonly counts: Counts };
  close(): Promise<void>;
}

interface Counted {
  readonly activities: { readonly total: number };
}

const ASKED_AT_ONCE = 4;
const identityKey = { secret: 'the identity key of the load bench', generation: 1 };
export const PHASES = ['sustained', 'burst', 'refused'] as const;

const memberKey = (phase: string, user: string): string => `${phase}\n${user}`;

/** Opens a stage with as many segments and webhook connections, at the machine's own time. The caller closes it. */
export async function openLoadedStage(size: Size): Promise<LoadedStage> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-load-'));
  const written = new Map<string, number>();
  let stage: Stage | undefined;
  const close = async (): Promise<void> => {
    await stage?.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await writeWorkspace(folder, size);
    const { definitions, problems } = await loadWorkspace(folder);
    if (definitions === undefined) throw new Error(`the bench's workspace does not load: ${JSON.stringify(problems)}`);
    const users = new Map(
      Array.from({ length: size.people }, (_, n) => [
        deriveProfileId({ type: 'user_id', value: userOf(n) }, identityKey),
        userOf(n),
      ]),
    );
    const connections = Object.keys(definitions.connections);
    const signing = JSON.stringify({ signing_secret: SIGNING_SECRET });
    stage = await openStage({
      from: { workspace: definitions },
      port: 0,
      secrets: {
        'identity-key': JSON.stringify(identityKey),
        ...Object.fromEntries(connections.map((name) => [name, signing])),
      },
      environment: {},
      stageFileIn: folder,
      around: async (operation, body, send) => {
        const answer = await send();
        if (operation === 'BatchExecuteStatement') note(body as unknown as BatchExecuteStatementCommandInput);
        return answer;
      },
    });
    const opened = stage;
    const read = openStatements();
    /** Rows of segments that say `present`, at the moment in which the database has them. */
    function note({ Statements = [] }: BatchExecuteStatementCommandInput): void {
      const at = performance.timeOrigin + performance.now();
      for (const statement of Statements) {
        const { value } = read(statement);
        const phase = /^segment:clicked-(\w+)/.exec(value('owner')?.S ?? '')?.[1];
        const user = users.get(value('profile')?.S ?? '');
        if (phase === undefined || user === undefined) continue;
        const key = memberKey(phase, user);
        if (!written.has(key)) written.set(key, at);
      }
    }
    await callStage(opened, 'POST', '/api/definitions', definitions as unknown as Json);
    await opened.idle();
    return {
      stage: opened,
      written,
      async waiting() {
        const depths = await opened.queueDepths();
        const [, depth] = Object.entries(depths).find(([id]) => /^changes(?!.*dead)/i.test(id)) ?? [];
        return (depth?.ready ?? 0) + (depth?.hidden ?? 0) + (depth?.delayed ?? 0);
      },
      stored: () => storedIn(opened),
      async counted() {
        let sum = 0;
        const ids = [...users.keys()];
        for (let first = 0; first < ids.length; first += ASKED_AT_ONCE) {
          const asked = ids
            .slice(first, first + ASKED_AT_ONCE)
            .map((id) => callStage(opened, 'GET', `/api/people/${id}`));
          for (const person of (await Promise.all(asked)) as unknown as readonly Counted[]) {
            sum += person.activities.total;
          }
        }
        return sum;
      },
      use: () => ({ processes: childProcesses(), counts: opened.counts() }),
      close,
    };
  } catch (failure) {
    await close();
    throw failure;
  }
}

/** When a person was written down as a member of the phase's segment. */
export function memberSince({ written }: LoadedStage, phase: string, user: string): number | undefined {
  return written.get(memberKey(phase, user));
}

async function storedIn(stage: Stage): Promise<ReadonlyMap<string, Stored>> {
  const client = new DynamoDBClient({ ...engineAccess, endpoint: stage.engines.dynamodb });
  const byName = new Map<string, { rows: number; ids: Set<string> }>();
  try {
    for await (const page of paginateScan({ client }, { TableName: String(stage.resolve('ACTIVITIES_TABLE')) })) {
      for (const { name, at } of page.Items ?? []) {
        const held = byName.get(name?.S ?? '') ?? { rows: 0, ids: new Set() };
        held.rows += 1;
        // The key is the sender's instant and the id.
        held.ids.add((at?.S ?? '').replace(/^[^#]*#/, ''));
        byName.set(name?.S ?? '', held);
      }
    }
  } finally {
    client.destroy();
  }
  return new Map([...byName].map(([name, { rows, ids }]) => [name, { rows, ids: ids.size }]));
}

async function writeWorkspace(folder: string, { segments, connections }: Size): Promise<void> {
  await mkdir(join(folder, 'segments'));
  const forms = Array.from(
    { length: connections },
    (_, n) => `  form-${n}:
    connector: forms
    preset: hmac
    webhook: true
    signature: { header: X-Signature }
    mapping:
      id: id
      at: at
      identifiers: { user_id: user }
      traits: { last_score: { from: score, as: number } }
      activity: { name: ${ANSWERED}, properties: { score: score } }
`,
  );
  await writeFile(
    join(folder, 'tributary.yaml'),
    `workspace: load\ntimezone: UTC\nconnections:\n${forms.join('')}collection:\n  write_keys: { site: ${WRITE_KEY} }\n`,
  );
  const put = async (name: string, when: string): Promise<void> =>
    writeFile(join(folder, 'segments', `${name}.yaml`), `segment: ${name}\ntitle: ${name}\nwhen: ${when}\n`);
  for (const phase of PHASES) await put(`clicked-${phase}`, `{ did: ${clickedIn(phase)}, within: 1 days }`);
  for (let n = PHASES.length; n < segments; n += 1) await put(`other-${n}`, otherRule(n));
}

/** Rules over what people are, what they did, and how often, all different. */
function otherRule(n: number): string {
  if (n % 3 === 0) return `{ all: [{ trait: plan, is: plan-${n % 10} }, { trait: score, gte: ${n % 100} }] }`;
  if (n % 3 === 1) return `{ did: ${ANSWERED}, count: { at_least: ${2 + (n % 5)} }, within: ${1 + (n % 30)} days }`;
  return `{ any: [{ trait: city, is: city-${n % 50} }, { trait: last_score, gte: ${n % 10} }] }`;
}
