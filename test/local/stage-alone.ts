import { endOnSignals } from '../../lib/local/signals.ts';
import { openStage } from '../../lib/local/stage.ts';
import { probeAssembly } from './stage-template.ts';

// Runs a stage in a process of its own and prints where it is, so that a test can end the process in any way.
const folder = process.argv[2] ?? '.';
const code = 'export const handler = async () => ({ pid: process.pid });';
const assembly = probeAssembly(folder, { functions: { Front: { code } }, routes: { 'GET /': 'Front' } });
const stage = await openStage({ from: { assembly }, port: 0, stageFileIn: folder, environment: {} });
endOnSignals(stage.close);
const { pid } = (await (await fetch(stage.url)).json()) as { pid: number };
console.log(JSON.stringify({ pid, url: stage.url, dynamodb: stage.engines.dynamodb }));
