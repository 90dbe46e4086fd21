import type { Json } from '../../../lib/domain/json.ts';
import { to } from '../../app/addresses.ts';
import type { Persona } from '../../app/answers.ts';
import { useAnswer } from '../../app/reading.ts';
import { Badge } from '../../parts/badge.tsx';
import { Card, Cards } from '../../parts/card.tsx';
import { Facts, Figures } from '../../parts/facts.tsx';
import { count } from '../../parts/numbers.ts';
import { PageHead } from '../../parts/page-head.tsx';
import { Shown } from '../../parts/shown.tsx';
import { type Column, Table } from '../../parts/table.tsx';
import { titled } from '../../parts/words.ts';

/** Whom segments mean, and what there is to say to them on which channel. */
export function Page() {
  const personas = useAnswer('GET /api/personas');
  return (
    <>
      <PageHead title="Personas" note="Whom segments mean, and what there is to say to them" />
      <Shown of={personas}>
        {(rows) =>
          rows.length === 0 ? (
            <p class="quiet">None is defined.</p>
          ) : (
            <Cards>
              {rows.map((one) => (
                <PersonaCard key={one.persona} persona={one} />
              ))}
            </Cards>
          )
        }
      </Shown>
    </>
  );
}

function PersonaCard({ persona }: { readonly persona: Persona }) {
  const { title, priority, described, segments, channels, missing, people, reached } = persona;
  return (
    <Card title={title} note={priority === null ? persona.persona : `${persona.persona} · priority ${priority}`} wide>
      <Figures
        rows={[
          [people === null ? '–' : count(people), 'people in its segments'],
          [reached === null ? '–' : count(reached), 'of them in an audience'],
          [`${channels.length - missing.length} of ${channels.length}`, 'channels with a message'],
        ]}
      />
      <Facts
        rows={[
          ...Object.entries(described)
            .filter(([name]) => !['persona', 'title', 'priority'].includes(name))
            .map(([name, value]): [string, string] => [titled(name.replaceAll('_', ' ')), words(value as Json)]),
          [
            'Segments',
            segments.length === 0
              ? 'none'
              : segments.map(({ segment, title: called, members }, index) => (
                  <span key={segment}>
                    {index > 0 && ', '}
                    <a href={to('/segments/{segment}', { segment })}>{called}</a>
                    {members !== null && <span class="quiet"> {count(members)}</span>}
                  </span>
                )),
          ],
        ]}
      />
      <Table
        caption={`What there is to say to ${title}`}
        columns={CHANNELS}
        rows={channels}
        rowKey={({ channel }) => channel}
      />
    </Card>
  );
}

const CHANNELS: readonly Column<Persona['channels'][number]>[] = [
  { title: 'Channel', cell: ({ channel }) => channel },
  {
    title: 'Message',
    kind: 'long',
    cell: ({ message, covered }) =>
      message === null || !covered ? (
        <Badge>nothing to say</Badge>
      ) : (
        <>
          {message.text}{' '}
          {message.links.map(({ title, link }) => (
            <span key={link}>
              {' · '}
              <a href={link} rel="noreferrer">
                {title ?? 'content'}
              </a>
            </span>
          ))}
        </>
      ),
  },
  {
    title: 'Audiences',
    cell: ({ audiences }) => (audiences.length === 0 ? <span class="quiet">not pushed</span> : audiences.join(', ')),
  },
];

/** A value of a persona's file as it is read: `industry manufacturing; employees 50-500`. */
function words(value: Json): string {
  if (Array.isArray(value)) return (value as readonly Json[]).map(words).join(', ');
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .map(([name, inner]) => `${name.replaceAll('_', ' ')}: ${words(inner)}`)
    .join('; ');
}
