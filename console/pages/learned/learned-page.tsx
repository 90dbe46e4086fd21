import { useState } from 'preact/hooks';
import type { ModelCard } from '../../../lib/domain/learned/model.ts';
import { ask } from '../../app/ask.ts';
import { Allowed } from '../../app/caller.tsx';
import { useAnswer } from '../../app/reading.ts';
import { Badge } from '../../parts/badge.tsx';
import { DoButton } from '../../parts/button.tsx';
import { Card, Cards } from '../../parts/card.tsx';
import { Facts } from '../../parts/facts.tsx';
import { JobStanding } from '../../parts/job.tsx';
import { Moment } from '../../parts/moment.tsx';
import { count } from '../../parts/numbers.ts';
import { PageHead } from '../../parts/page-head.tsx';
import { Shown } from '../../parts/shown.tsx';
import { titled } from '../../parts/words.ts';
import { ModelMetrics } from './metrics.tsx';
import './learned.css';

const TRAININGS = 100;

/** What is learned from everybody: the latest training of each model, what it found, and how far to trust it. */
export function Page() {
  const cards = useAnswer('GET /api/models', { query: { limit: TRAININGS } });
  const [job, setJob] = useState<string>();
  return (
    <>
      <PageHead title="Learned" note="Traits that nobody says: learned each night from what everybody did">
        <Allowed to="POST /api/models">
          <DoButton does={async () => setJob((await ask('POST /api/models', {})).id)}>Learn now</DoButton>
        </Allowed>
      </PageHead>
      {job !== undefined && (
        <JobStanding
          key={job}
          job={job}
          running="Everybody is looked at, and then scored…"
          ended={() => <p class="good">Learned, and everybody is scored by it.</p>}
          whenEnded={cards.again}
        />
      )}
      <Shown of={cards}>
        {({ cards: found }) => (
          <Cards>
            {found.length === 0 && (
              <Card title="Nothing yet" wide>
                <p class="quiet">
                  Name what to learn under <code>learned:</code> in tributary.yaml; the first night learns it.
                </p>
              </Card>
            )}
            {latestOf(found).map((card) => (
              <Model key={card.model} card={card} />
            ))}
          </Cards>
        )}
      </Shown>
    </>
  );
}

/** The newest card of each model. */
function latestOf(cards: readonly ModelCard[]): readonly ModelCard[] {
  const seen = new Set<string>();
  return cards.filter(({ model }) => !seen.has(model) && seen.add(model));
}

function Model({ card }: { readonly card: ModelCard }) {
  const { model, state, asOf, refusal, trainedAt, data } = card;
  return (
    <Card title={nameOf(model)} note={<Badge tone={state === 'trained' ? 'good' : 'busy'}>{state}</Badge>} wide>
      {refusal !== null && <p class="busy">Refused: {refusal.says}.</p>}
      <Facts
        rows={[
          ['Trait', <code key="trait">{traitOf(model)}</code>],
          ['Learned', <Moment key="asOf" at={asOf} />],
          state === 'trained'
            ? undefined
            : ['People have', trainedAt === null ? 'no score' : <Moment key="former" at={trainedAt} />],
          ['From', `${data.from.slice(0, 10)} to ${data.to.slice(0, 10)}`],
          ['People', `${count(data.people)}, of whom ${count(data.sampled)} were looked at`],
        ]}
      />
      <ModelMetrics card={card} />
    </Card>
  );
}

function nameOf(model: string): string {
  const [part = '', name] = model.split('.');
  return name === undefined ? (NAMES[part] ?? titled(part)) : `How likely: ${name.replaceAll(/[-_]/g, ' ')}`;
}

const NAMES: Readonly<Record<string, string>> = {
  rfm: 'Recency, frequency, money',
  clusters: 'People who are alike',
  lifetime_value: 'Lifetime value',
};

function traitOf(model: string): string {
  return { rfm: 'learned.rfm.cell', clusters: 'learned.cluster' }[model] ?? `learned.${model}`;
}
