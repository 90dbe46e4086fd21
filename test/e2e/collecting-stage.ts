import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Definitions, versionOf } from '../../lib/domain/definitions.ts';
import type { Json, JsonObject } from '../../lib/domain/json.ts';
import { type Synthesised, type SynthesiseOptions, synthesise } from '../../lib/infra/synthesise.ts';
import { openStage, type Stage } from '../../lib/local/stage.ts';

/** The write keys of the workspace, by what they are for. */
export const writeKeys = { site: 'wk_site_1', server: 'wk_server_1' };

/** A person as the API shows them. */
export interface Person {
  readonly id: string;
  readonly identifiers: readonly { readonly type: string; readonly value: string }[];
  readonly traits: JsonObject;
  readonly segments: readonly string[];
  readonly activities: {
    readonly total: number;
    readonly latest: readonly { readonly id: string; readonly name: string; readonly properties: JsonObject }[];
  };
  readonly fragments: readonly string[];
}

/** A stage of the real functions, with a workspace that only collects. */
export interface CollectingStage {
  readonly url: string;
  readonly stage: () => Stage;
  /** Ends the stage. What it acknowledged is kept. */
  stop(): Promise<void>;
  /** Starts it again on the same port. */
  start(): Promise<void>;
  /** The person, or undefined while nobody is known by that. */
  person(named: string): Promise<Person | undefined>;
  quarantine(): Promise<readonly JsonObject[]>;
  close(): Promise<void>;
}

/** Opens a stage in a folder of its own, of `bundle` when there is one. The caller closes it. */
export async function openCollectingStage(given: Pick<SynthesiseOptions, 'bundle'> = {}): Promise<CollectingStage> {
  const folder = mkdtempSync(join(tmpdir(), 'tributary-collecting-'));
  let assembly: Synthesised;
  let running: Stage | undefined;
  const open = async (port: number): Promise<Stage> => {
    const { template, codeDirs } = assembly;
    return await openStage({
      from: { assembly: { template, codeDirs } },
      port,
      dataDir: join(folder, 'data'),
      environment: {},
    });
  };
  const stage = (): Stage => {
    if (running === undefined) throw new Error('the stage is not running');
    return running;
  };
  const stop = async (): Promise<void> => {
    await running?.close();
    running = undefined;
  };
  const close = async (): Promise<void> => {
    await stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    assembly = await synthesise({ ...given, workspace: definitions, outdir: join(folder, 'assembly') });
    running = await open(0);
    await ask(running, '/api/definitions', definitions as unknown as Json);
  } catch (error) {
    await close();
    throw error;
  }
  const { port, url } = running;
  return {
    url,
    stage,
    stop,
    async start() {
      running = await open(port);
    },
    async person(named) {
      const answer = await ask(stage(), `/api/people/${encodeURIComponent(named)}`);
      return answer.status === 404 ? undefined : ((await answer.json()) as Person);
    },
    async quarantine() {
      const answer = await ask(stage(), '/api/quarantine/web');
      return (await answer.json()) as readonly JsonObject[];
    },
    close,
  };
}

async function ask({ url, token }: Stage, path: string, body?: Json): Promise<Response> {
  const answer = await fetch(`${url}${path}`, {
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
  });
  if (!answer.ok && answer.status !== 404) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
  return answer;
}

const document: Omit<Definitions, 'version'> = {
  workspace: 'collecting',
  timezone: 'UTC',
  connections: {},
  segments: [
    {
      segment: 'readers',
      title: 'Readers',
      when: { did: 'Page Viewed', count: { at_least: 2 }, within: '1 days' },
    },
  ],
  personas: [],
  audiences: [],
  identity: {
    priorities: {},
    blocked: [],
    limits: {
      '*': { most: 5, per: 'ever' },
      user_id: { most: 1, per: 'ever' },
      anonymous_id: { most: 5, per: 'week' },
    },
    sharedAt: 3,
    countries: {},
  },
  guardrails: { maxAdd: 1, maxRemove: 1, minSource: 0 },
  privacy: { activitiesKeptMs: 400 * 86_400_000, archiveKeptMs: 90 * 86_400_000 },
  collection: { writeKeys },
};
const definitions: Definitions = { version: versionOf(document), ...document };
