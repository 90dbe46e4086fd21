import { type Definitions, versionOf } from '../domain/definitions.ts';
import { TributaryError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import type { SynthesiseOptions } from '../infra/synthesise.ts';
import { loadWorkspace, textsOf } from '../workspace/load.ts';
import type { FaultOptions } from './proxy/faults.ts';
import { HOUR, rehearse } from './rehearsal.ts';
import { type RehearsalReport, secondsSince } from './report.ts';
import { saveClock, savedClock } from './saved-clock.ts';
import { endOnSignals, untilAsked } from './signals.ts';
import { type SimulatedTools, startSimulators, type WorldSize } from './simulators.ts';
import { openStage, type Stage } from './stage.ts';
import { callStage } from './stage-calls.ts';
import type { Tell } from './stage-event.ts';

export interface RunOptions {
  readonly workspace: string;
  readonly port: number | undefined;
  readonly dataDir: string | undefined;
  /** Run the rehearsal and end, instead of staying up. */
  readonly once: boolean;
  readonly report: Tell;
  /** Called with the running stage before anything is played: for tests that break things on the way. */
  readonly onStage?: (stage: Stage) => void;
  /** Hours of the rehearsed day, counted back from its end: the night is always played. @default 23 */
  readonly hours?: number;
  /** How many people the simulated tools hold. @default rehearsalSize */
  readonly size?: WorldSize;
  /** Bundles of the functions that exist already. Absent = they are bundled. */
  readonly bundle?: SynthesiseOptions['bundle'];
  /** Trouble for the engines to make from the start. */
  readonly faults?: FaultOptions;
  /** Ends a stage that stays up. */
  readonly until?: AbortSignal;
}

/** The rehearsal's morning: a Friday, 05:00 in Berlin. */
const MORNING = Date.parse('2026-11-20T04:00:00.000Z');
const DAY_HOURS = 23;
/** People of simulated tools are nobody's: a known key makes ids, and so holdouts, the same in every rehearsal. */
const REHEARSAL_KEY = JSON.stringify({ generation: 1, secret: 'the key of every rehearsal, of no secret at all' });

/**
 * Starts the local stage with a workspace. With simulated tools it rehearses one day first: backfill, webhooks, evaluation,
 * nightly push; then the tools' own lists are compared with the segments. Resolves with the report, or undefined when
 * there was nothing to rehearse. Throws TributaryError `stage/broken-workspace` when the workspace has problems.
 */
export async function runStage(options: RunOptions): Promise<RehearsalReport | undefined> {
  const began = performance.now();
  const { report } = options;
  report({ kind: 'phase', phase: 'start', title: 'Starting the stage' });
  const { definitions, texts } = await readDefinitions(options.workspace);
  const resumed = savedClock(options.dataDir);
  const hours = options.hours ?? DAY_HOURS;
  const start = resumed ?? MORNING + (DAY_HOURS - hours) * HOUR;
  let stage: Stage | undefined;
  const now = () => new Date(stage === undefined ? start : Date.parse(stage.now()));
  const close = async (): Promise<void> => {
    if (stage !== undefined) saveClock(options.dataDir, stage);
    await stage?.close();
  };
  const forget = endOnSignals(close);
  const tools = await startSimulators(definitions, new Date(start), now, options.size);
  try {
    stage = await openStage({
      from: { workspace: definitions, ...(options.bundle === undefined ? {} : { bundle: options.bundle }) },
      start,
      secrets: { ...tools.secrets, ...(tools.all ? { 'identity-key': REHEARSAL_KEY } : {}) },
      stageFileIn: process.cwd(),
      prepare: (api) => publish(api, withEndpoints(definitions, tools), texts),
      onNotice: (message) => report({ kind: 'notice', message }),
      ...(options.faults === undefined ? {} : { faults: options.faults }),
      ...(options.port === undefined ? {} : { port: options.port }),
      ...(options.dataDir === undefined ? {} : { dataDir: options.dataDir }),
    });
    await tools.openWebhooks(stage.url);
    tools.openBuses(stage.putEvent);
    options.onStage?.(stage);
    report({ kind: 'done', phase: 'start', summary: `${stage.url}`, seconds: secondsSince(began) });
    const rehearses = tools.day.length > 0 && resumed === undefined;
    if (resumed !== undefined) {
      report({
        kind: 'notice',
        message:
          'the data folder holds an earlier day: it goes on from there, without a rehearsal; the simulated tools start afresh',
      });
    }
    const result = rehearses ? await rehearse(stage, tools, definitions, report, began, hours) : undefined;
    if (result !== undefined) report({ kind: 'report', report: result });
    if (!options.once) {
      forget();
      report({ kind: 'ready', url: stage.url, consoleUrl: stage.consoleLink() });
      await untilAsked(options.until);
    }
    return result;
  } finally {
    forget();
    await close();
    await tools.close();
  }
}

async function readDefinitions(dir: string) {
  const { definitions, problems, sources } = await loadWorkspace(dir);
  if (definitions !== undefined) return { definitions, texts: textsOf(sources) };
  const [first] = problems;
  const where = first === undefined ? dir : `${first.file}:${first.line}:${first.column}`;
  throw new TributaryError(
    'config',
    'stage/broken-workspace',
    `the workspace has ${problems.length} problems, the first at ${where}; see tributary check ${dir}`,
  );
}

function withEndpoints(definitions: Definitions, tools: SimulatedTools): Definitions {
  const { version: _version, ...rest } = definitions;
  const connections = Object.fromEntries(
    Object.entries(rest.connections).map(([name, connection]) => {
      const endpoint = tools.endpoints[name];
      return [name, endpoint === undefined ? connection : { ...connection, endpoint }];
    }),
  );
  const document = { ...rest, connections };
  return { ...document, version: versionOf(document) };
}

async function publish(
  api: Pick<Stage, 'url' | 'token'>,
  definitions: Definitions,
  texts: Readonly<Record<string, string>>,
): Promise<void> {
  await callStage(api, 'POST', '/api/definitions', definitions as unknown as Json);
  await callStage(api, 'POST', `/api/definitions/versions/${definitions.version}/sources`, { files: texts });
}
