import { useState } from 'preact/hooks';
import { type FacetName, facetNames } from '../../../lib/domain/facet/catalogue.ts';
import type { FacetValue } from '../../../lib/domain/facet/facets.ts';
import type { PersonPage } from '../../../lib/pipeline/describe/describe-person.ts';
import { Card } from '../../parts/card.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Source } from '../../parts/source.tsx';
import { type Column, Table } from '../../parts/table.tsx';
import { facetWords, titled } from '../../parts/words.ts';

/** The seven kinds of data, each value with its source and time; kinds of which there is nothing are named together. */
export function FacetCards({ page: { facets } }: { readonly page: PersonPage }) {
  const absent = facetNames.filter((name) => facets[name].length === 0);
  return (
    <>
      {facetNames.map((name) => facets[name].length > 0 && <FacetCard key={name} name={name} values={facets[name]} />)}
      {absent.length > 0 && <p class="quiet">Nothing is known that is {absent.join(', ')}.</p>}
    </>
  );
}

function FacetCard({ name, values }: { readonly name: FacetName; readonly values: readonly FacetValue[] }) {
  const [losers, setLosers] = useState(false);
  const lost = values.reduce((sum, one) => sum + one.losers.length, 0);
  return (
    <Card title={titled(name)} note={facetWords[name]}>
      <div class="facet">
        <Table
          caption={`${titled(name)} data with their source`}
          rows={values}
          rowKey={(value) => `${value.name} ${textOf(value.value)} ${value.source}`}
          columns={columnsOf(losers)}
        />
      </div>
      {lost > 0 && (
        <button type="button" class="plain small" aria-pressed={losers} onClick={() => setLosers(!losers)}>
          {losers ? 'Hide' : 'Show'} {lost === 1 ? 'the value' : `the ${lost} values`} that other sources say
        </button>
      )}
    </Card>
  );
}

function columnsOf(losers: boolean): readonly Column<FacetValue>[] {
  return [
    {
      title: 'Trait',
      cell: ({ title, name }) => (
        <>
          {title}
          <div class="quiet">
            <Breakable path={name} />
          </div>
        </>
      ),
    },
    { title: 'Value', kind: 'long', cell: (value) => <Value value={value} /> },
    { title: 'From', cell: (value) => <Origin value={value} losers={losers} /> },
  ];
}

/** The value that holds, how its source wrote it, and whether it is what the trait ought to be. */
function Value({ value: { value, told, type, mismatch, because } }: { readonly value: FacetValue }) {
  return (
    <>
      {textOf(value)}
      {told !== undefined && <div class="quiet">told as {textOf(told)}</div>}
      {mismatch === true && <div class="bad">mismatch: expected {type}</div>}
      {because !== undefined && <div class="quiet">{because}</div>}
    </>
  );
}

/** Where a value comes from, since when it holds, and, when asked, what other sources say instead. */
function Origin({
  value: { source, at, losers },
  losers: shown,
}: {
  readonly value: FacetValue;
  readonly losers: boolean;
}) {
  return (
    <>
      <Source fragment={source} />
      <div class="quiet">
        <Moment at={at} />
      </div>
      {shown &&
        losers.map((loser) => (
          <div key={loser.source} class="loser">
            <s>{textOf(loser.value)}</s>
            <div class="quiet">
              <Source fragment={loser.source} />, <Moment at={loser.at} />
            </div>
          </div>
        ))}
    </>
  );
}

/** A trait's path, which may be broken after a dot. */
function Breakable({ path }: { readonly path: string }) {
  const [first = '', ...steps] = path.split('.');
  return (
    <span>
      {first}
      {steps.map((step) => (
        <span key={step}>
          <wbr />.{step}
        </span>
      ))}
    </span>
  );
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(textOf).join(', ');
  return JSON.stringify(value) ?? '';
}
