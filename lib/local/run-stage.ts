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
import { realTools, type SimulatedTools, startSimulators, type WorldSize } from './simulators.ts';
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
const REAL = "no day is rehearsed, the time is this machine's, and pulls and pushes reach the real tool";
/** People of simulated tools are nobody's: a known key makes ids, and so holdouts, the same in every rehearsal. */
const REHEARSAL_KEY = JSON.stringify({ generation: 1, secret: 'the key of every rehearsal, of no secret at all' });

/**
 * Starts the local stage with a workspace. Where all its tools are simulated it rehearses one day first: backfill, webhooks, evaluation,
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
  const real = realTools(definitions);
  // A real tool lives in real time, and what it changed after the rehearsal's morning would never be read.
  const start =
    real.length > 0 ? Math.max(resumed ?? 0, Date.now()) : (resumed ?? MORNING + (DAY_HOURS - hours) * HOUR);
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
    // A rehearsal approves what guardrails hold: never towards real people.
    const rehearses = tools.day.length > 0 && resumed === undefined && real.length === 0;
    if (real.length > 0)
      report({ kind: 'notice', message: `no simulated tool stands behind ${real.join(', ')}: ${REAL}` });
    if (resumed !== undefined) {
      report({
        kind: 'notice',
        message:
          'the data folder holds an earlier day: it goes on from there, without a rehearsal; the simulated tools start afresh',
      });
    }
    const played = rehearses ? rehearse(stage, tools, definitions, report, began, hours) : undefined;
    const result = options.once ? await played : await played?.catch(tellBackfill(report));
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

/** A stage that stays up is where one looks for what is wrong with a tool. Throws every other failure again. */
function tellBackfill(report: Tell): (failure: unknown) => undefined {
  return (failure) => {
    if (!(failure instanceof TributaryError && failure.code === 'stage/backfill-failed')) throw failure;
    report({ kind: 'notice', message: failure.message });
  };
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
