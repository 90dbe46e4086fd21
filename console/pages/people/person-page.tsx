import type { PersonPage } from '../../../lib/pipeline/describe/describe-person.ts';
import { type PageProps, to } from '../../app/addresses.ts';
import { useAnswer } from '../../app/reading.ts';
import { Card, Cards, Stack } from '../../parts/card.tsx';
import { Moment } from '../../parts/moment.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Shown } from '../../parts/shown.tsx';
import { Table } from '../../parts/table.tsx';
import { AudienceCard } from './audiences.tsx';
import { FacetCards } from './facets.tsx';
import { IdentityCard } from './identity.tsx';
import { PrivacyCard } from './privacy.tsx';
import { SegmentCard } from './segments.tsx';
import { TimelineCard } from './timeline.tsx';
import './people.css';

/** A person with everything known about them, why they are who they are, and where they were sent. */
export function Page({ params: { person = '' } }: PageProps) {
  const read = useAnswer('GET /api/people/{person}', { params: { person } });
  return (
    <Shown of={read}>
      {(page) => (
        <>
          <PageHead
            title={nameOf(page)}
            above={{ title: 'People', href: to('/people') }}
            note={
              <>
                <code>{page.id}</code> · {page.identifiers.map(({ type, value }) => `${type}=${value}`).join(' · ')}
              </>
            }
          />
          <Cards>
            <Stack>
              <FacetCards page={page} />
            </Stack>
            <Stack>
              <SegmentCard person={page.id} />
              <IdentityCard person={page.id} changed={read.again} />
              <AudienceCard person={page.id} />
              <ConsentCard page={page} />
              <TimelineCard person={page.id} total={page.activities.total} />
              <PrivacyCard person={page.id} />
            </Stack>
          </Cards>
        </>
      )}
    </Shown>
  );
}

function nameOf({ traits, identifiers, id }: PersonPage): string {
  const names = [traits.first_name, traits.last_name].filter((part) => typeof part === 'string');
  return names.join(' ') || (typeof traits.name === 'string' ? traits.name : (identifiers[0]?.value ?? id));
}

function ConsentCard({ page: { consent } }: { readonly page: PersonPage }) {
  return (
    <Card title="Consent">
      {consent.length === 0 ? (
        <p class="quiet">Nothing was stated.</p>
      ) : (
        <Table
          caption="Consent as stated"
          rows={consent}
          rowKey={({ topic, address, at, by }) => `${topic} ${address} ${at} ${by}`}
          columns={[
            { title: 'Topic', cell: ({ topic }) => topic },
            { title: 'State', cell: ({ state }) => <span class={state === 'granted' ? 'good' : 'bad'}>{state}</span> },
            {
              title: 'Stated',
              cell: ({ at, by, source }) => (
                <>
                  <Moment at={at} />
                  <div class="quiet">
                    by the {by}, {source}
                  </div>
                </>
              ),
            },
            { title: 'Address', kind: 'long', cell: ({ address }) => address },
          ]}
        />
      )}
    </Card>
  );
}
