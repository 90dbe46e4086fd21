import { facetNames } from '../../../lib/domain/facet/catalogue.ts';
import type { DataPage } from '../../../lib/pipeline/describe/describe-data.ts';
import type { PageProps } from '../../app/addresses.ts';
import { Allowed } from '../../app/caller.tsx';
import { useAnswer } from '../../app/reading.ts';
import { ShareBar } from '../../charts/bars.tsx';
import { Card, Cards } from '../../parts/card.tsx';
import { Moment } from '../../parts/moment.tsx';
import { count, percent } from '../../parts/numbers.ts';
import { PageHead } from '../../parts/page-head.tsx';
import { Scrolls } from '../../parts/scrolls.tsx';
import { Shown } from '../../parts/shown.tsx';
import { facetWords, titled } from '../../parts/words.ts';
import { Figures } from './figures.tsx';
import { Quarantine } from './quarantine.tsx';
import { ReplayCard } from './replay.tsx';
import '../../parts/matrix.css';
import './data.css';

/** What there is about people by kind and source, how fresh it is, and what could not be used. */
export function Page({ query }: PageProps) {
  const data = useAnswer('GET /api/data');
  return (
    <>
      <PageHead title="Data" note="The seven kinds of data, by the source that told them" />
      <Shown of={data}>
        {({ counted, quarantine }) => (
          <Cards>
            <Card
              title="Who is known how"
              note={
                counted !== null && (
                  <>
                    {count(counted.people)} people, counted <Moment at={counted.at} />
                  </>
                )
              }
              wide
            >
              {counted === null ? (
                <p class="quiet">Everybody is counted at night; the first count is still to come.</p>
              ) : (
                <FacetMatrix counted={counted} />
              )}
            </Card>
            <Figures visits={counted?.visits ?? {}} />
            <Quarantine sources={quarantine} asked={query.get('quarantine') ?? undefined} again={data.again} />
            <Allowed to="POST /api/replay">
              <ReplayCard />
            </Allowed>
          </Cards>
        )}
      </Shown>
    </>
  );
}

/** Kinds of data down, sources across: how many people, and how new the newest value is. */
function FacetMatrix({ counted: { people, facets } }: { readonly counted: NonNullable<DataPage['counted']> }) {
  const sources = [...new Set(facetNames.flatMap((name) => Object.keys(facets[name].sources)))].sort();
  return (
    <Scrolls kind="scrolls" label="Kinds of data by source">
      <table class="matrix">
        <caption class="hidden">People who have each kind of data, by source</caption>
        <thead>
          <tr>
            <th scope="col">Kind</th>
            <th scope="col">Everybody</th>
            {sources.map((source) => (
              <th key={source} scope="col">
                {source}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {facetNames.map((name) => (
            <tr key={name}>
              <th scope="row">
                {titled(name)}
                <div class="quiet">{facetWords[name]}</div>
              </th>
              <td>
                <strong>{count(facets[name].people)}</strong>{' '}
                <span class="quiet">{people === 0 ? '' : percent(facets[name].people / people)}</span>
                <ShareBar share={people === 0 ? 0 : facets[name].people / people} />
              </td>
              {sources.map((source) => {
                const found = facets[name].sources[source];
                return (
                  <td key={source}>
                    {found === undefined ? (
                      <span class="quiet">–</span>
                    ) : (
                      <>
                        {count(found.people)}
                        <div class="quiet">
                          newest <Moment at={found.newest} />
                        </div>
                      </>
                    )}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </Scrolls>
  );
}
