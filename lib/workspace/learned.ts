import { isJsonObject, type Json } from '../domain/json.ts';
import { HISTORY_TIMES } from '../domain/learned/propensity.ts';
import type { LearnedRules } from '../domain/learned/rules.ts';
import type { Path } from '../domain/segment/problem.ts';
import type { Finding } from './problem.ts';
import { checkZone, textAt } from './references.ts';
import { learned, learnedFrom } from './schema/learned.ts';

const DAY = 86_400_000;

/** What `learned:` says and the file alone cannot tell: its time zone, and that nothing looks back further than is kept. */
export function checkLearned(tributary: Json, retention: number | undefined): Finding[] {
  const written = isJsonObject(tributary) ? tributary.learned : undefined;
  const timezone = textAt(tributary, 'timezone');
  const zone = checkZone(isJsonObject(written) ? written.at : undefined, ['learned', 'at'], timezone);
  const read = written === undefined ? undefined : learned.safeParse(written);
  if (read?.success !== true || zone.length > 0 || retention === undefined) return zone;
  return windowsOf(learnedFrom(read.data, timezone ?? ''))
    .filter(({ ms }) => ms > retention)
    .map(({ path, ms, why }) => ({
      path,
      code: 'workspace/window-too-long',
      found: `${ms / DAY} days ${why}`,
      expected: `at most ${retention / DAY} days, for which activities are kept (privacy.activities_kept)`,
    }));
}

interface LookedBack {
  readonly path: Path;
  readonly ms: number;
  readonly why: string;
}

function windowsOf({ rfm, clusters, propensity = {} }: LearnedRules): readonly LookedBack[] {
  return [
    ...(rfm === undefined ? [] : [{ path: ['learned', 'rfm'], ms: rfm.withinMs, why: 'of purchases' }]),
    ...(clusters?.features ?? []).map(({ name, withinMs }) => {
      return { path: ['learned', 'clusters'], ms: withinMs, why: `of feature ${name}` };
    }),
    ...Object.entries(propensity).flatMap(([name, { withinMs, features }]) => {
      const path = ['learned', 'propensity', name];
      const history = { path, ms: HISTORY_TIMES * withinMs, why: `of history, ${HISTORY_TIMES} times its window` };
      const before = features.map((one) => {
        return { path, ms: withinMs + one.withinMs, why: `of feature ${one.name} before its window` };
      });
      return [history, ...before];
    }),
  ];
}
