import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take a minute and more, or half of one: whichever of them begins last is waited for by everybody. */
const LONGEST = ['troubled-night', 'rehearsal', 'audiences', 'store-jobs', 'everything', 'import', 'privacy'];

/** The longest files first, the others as vitest orders them. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => rankOf(a) - rankOf(b));
  }
}

function rankOf({ moduleId }: TestSpecification): number {
  const rank = LONGEST.findIndex((name) => moduleId.endsWith(`/${name}.integration.test.ts`));
  return rank === -1 ? LONGEST.length : rank;
}
