import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take a minute and more, or half of one: whichever of them begins last is waited for by everybody. */
const LONGEST = [
  ...['chaos', 'rehearsal', 'audiences', 'everything', 'import', 'privacy'].map(
    (name) => `/${name}.integration.test.ts`,
  ),
  '/conformance/roads.test.ts',
  '/conformance/connectors.test.ts',
];

/** The longest files first, the others as vitest orders them. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => rankOf(a) - rankOf(b));
  }
}

function rankOf({ moduleId }: TestSpecification): number {
  const rank = LONGEST.findIndex((file) => moduleId.endsWith(file));
  return rank === -1 ? LONGEST.length : rank;
}
