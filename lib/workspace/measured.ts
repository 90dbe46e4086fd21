import { isJsonObject, type Json } from '../domain/json.ts';
import { parseDuration } from '../domain/segment/duration.ts';
import { describeFound } from '../domain/segment/problem.ts';
import type { Finding } from './problem.ts';
import { textAt } from './references.ts';

/** Revenue is measured by what `measures:` of tributary.yaml says it is: without it an objective has nothing to go by. */
export function checkMeasured(segment: Json | undefined, tributary: Json | undefined): Finding[] {
  const objective = isJsonObject(segment) ? segment.objective : undefined;
  const measures = isJsonObject(tributary) ? tributary.measures : undefined;
  if (textAt(objective, 'metric') !== 'revenue_per_member' || tributary === undefined) return [];
  if (isJsonObject(measures) && measures.revenue !== undefined) return [];
  const found = '"revenue_per_member", and tributary.yaml does not say what revenue is';
  const expected = 'measures.revenue in tributary.yaml, or another metric';
  return [{ path: ['objective', 'metric'], code: 'workspace/nothing-measured', found, expected }];
}

/** What looks further back than activities are kept would forget without saying so. */
export function checkMeasures(tributary: Json | undefined): Finding[] {
  const { measures, privacy } = isJsonObject(tributary) ? tributary : {};
  const within = parseDuration(textAt(measures, 'within'))?.ms;
  const kept = parseDuration(textAt(privacy, 'activities_kept') ?? '400 days')?.ms;
  if (within === undefined || kept === undefined || within <= kept) return [];
  const expected = `at most ${kept / 86_400_000} days, for which activities are kept (privacy.activities_kept)`;
  const found = describeFound(textAt(measures, 'within'));
  return [{ path: ['measures', 'within'], code: 'workspace/window-too-long', found, expected }];
}
