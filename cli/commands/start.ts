import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RehearsalReport } from '../../lib/local/report.ts';
import { runStage } from '../../lib/local/run-stage.ts';
import { type ExitStatus, wrongUsage } from '../failure.ts';
import { expectFolder } from '../lines.ts';
import { openStory } from '../stage-events.ts';
import { printJson, type Terminal } from '../terminal.ts';

interface Options {
  readonly workspace?: string;
  readonly port?: number;
  readonly data?: string;
  readonly once?: true;
}

/** `tributary start`: the local stage with its rehearsal; with --once it ends after the report. */
export async function runStart(terminal: Terminal, options: Options): Promise<ExitStatus> {
  const workspace = await workspaceOf(options.workspace);
  // A notice to developers of the AWS SDK, which would stand in the middle of the progress.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  const story = openStory(terminal);
  const report = await runStage({
    workspace,
    port: options.port,
    dataDir: options.data,
    once: options.once === true,
    report: story.tell,
  }).finally(story.end);
  // A stage that stays up has printed its report long before it ends.
  if (terminal.json && options.once === true) printJson(terminal, report ?? {});
  return failed(report) ? 1 : 0;
}

/** The lists in the tools are not what the segments say. */
function failed(report: RehearsalReport | undefined): boolean {
  return report !== undefined && report.differences.length > 0;
}

async function workspaceOf(asked: string | undefined): Promise<string> {
  if (asked !== undefined) {
    await expectFolder(asked);
    return asked;
  }
  return existsSync('tributary.yaml') ? '.' : exampleWorkspace(dirname(fileURLToPath(import.meta.url)));
}

/** `examples/acme` of the package, from the source tree as from the bundle. */
function exampleWorkspace(folder: string): string {
  const example = join(folder, 'examples', 'acme');
  if (existsSync(join(example, 'tributary.yaml'))) return example;
  const above = dirname(folder);
  if (above === folder) throw wrongUsage('there is no tributary.yaml here: name a workspace with --workspace');
  return exampleWorkspace(above);
}
