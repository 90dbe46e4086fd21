import { to } from '../../app/addresses.ts';
import type { Answers } from '../../app/answers.ts';
import { useAnswer } from '../../app/reading.ts';
import { Card } from '../../parts/card.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Shown } from '../../parts/shown.tsx';
import { type Column, Table } from '../../parts/table.tsx';
import { reasonWords } from '../../parts/words.ts';

type Line = Answers['GET /api/people/{person}/audiences'][number];

/** What the person is to each audience, and what its tool was told on what consent. */
export function AudienceCard({ person }: { readonly person: string }) {
  const audiences = useAnswer('GET /api/people/{person}/audiences', { params: { person } });
  return (
    <Card title="Audiences">
      <Shown of={audiences}>
        {(lines) =>
          lines.length === 0 ? (
            <p class="quiet">No audience has ever had to do with this person.</p>
          ) : (
            <Table
              caption="What is wanted of each audience and what its tool was told"
              rows={lines}
              rowKey={({ audience }) => audience}
              columns={COLUMNS}
            />
          )
        }
      </Shown>
    </Card>
  );
}

const COLUMNS: readonly Column<Line>[] = [
  {
    title: 'Audience',
    kind: 'long',
    cell: ({ audience, connection }) => (
      <>
        <a href={to('/audiences/{audience}', { audience })}>{audience}</a>
        <div class="quiet">{connection}</div>
      </>
    ),
  },
  { title: 'Wanted', cell: (line) => <Wanted line={line} /> },
  { title: 'The tool was told', cell: (line) => <Told line={line} /> },
];

function Wanted({ line: { wanted, reason, keys, consent, pausedUntil } }: { readonly line: Line }) {
  return (
    <>
      {wanted ? <span class="good">yes</span> : <span title={reason ?? ''}>no: {reasonWords(reason ?? '')}</span>}
      {keys.length > 0 && <div class="quiet">by {keys.join(', ')}</div>}
      {consent !== null && <Consent words="rests on" consent={consent} />}
      {pausedUntil !== null && (
        <div class="quiet">
          not added until <Moment at={pausedUntil} />
        </div>
      )}
    </>
  );
}

function Told({ line: { told, pending } }: { readonly line: Line }) {
  if (told === null) return <span class="quiet">nothing{pending && ', until the next push'}</span>;
  return (
    <>
      {told.op ?? (told.in ? 'on the list' : 'not on the list')},{' '}
      <span title={reasonWords(told.outcome)}>{told.outcome}</span> {told.code !== null && <code>{told.code}</code>}
      <div class="quiet">
        <a href={to('/runs/{run}', { run: told.run })}>
          <Moment at={told.at} />
        </a>
      </div>
      {told.consent !== null && <Consent words="on the consent" consent={told.consent} />}
      {pending && <div class="busy">the next push changes it</div>}
    </>
  );
}

function Consent({
  words,
  consent: { topic, at, source },
}: {
  readonly words: string;
  readonly consent: NonNullable<Line['consent']>;
}) {
  return (
    <div class="quiet">
      {words} {topic}, {source}, <Moment at={at} />
    </div>
  );
}
