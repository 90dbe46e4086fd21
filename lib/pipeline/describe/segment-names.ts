import type { Definitions } from '../../domain/definitions.ts';
import { openCatalogue } from '../../domain/facet/catalogue.ts';
import { titledNames } from '../../domain/segment/tell-condition.ts';
import type { Names } from '../../domain/segment/words.ts';
import type { Condition } from '../../domain/segment.ts';

/** What traits and segments are called in the sentences of a condition: by their titles. */
export function namesFor({ segments, traits }: Pick<Definitions, 'segments' | 'traits'>, condition: Condition): Names {
  const { kindOf } = openCatalogue(traits);
  return titledNames(condition, {
    // What stands behind a comma says in which form values are.
    trait: (path) => kindOf(path)?.title?.split(',')[0],
    segment: (id) => {
      const title = segments.find(({ segment }) => segment === id)?.title;
      return title === undefined ? undefined : `“${title}”`;
    },
  });
}
