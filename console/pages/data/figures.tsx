import { useState } from 'preact/hooks';
import type { Caveat } from '../../../lib/domain/figure.ts';
import type { KeptFigure } from '../../../lib/pipeline/figures.ts';
import { useAnswer } from '../../app/reading.ts';
import { Chart } from '../../charts/chart.tsx';
import type { Series } from '../../charts/series.ts';
import { Card } from '../../parts/card.tsx';
import { Choice } from '../../parts/field.tsx';
import { count, percent } from '../../parts/numbers.ts';
import { Shown } from '../../parts/shown.tsx';

/** As many as one answer of the API holds. */
const MOST = 2_000;
/** Lines that a chart can tell apart. */
const MOST_LINES = 4;
/** What tools call a visit: by it what we know is compared with what there is. */
const VISITS = 'sessions';

const caveatWords: Readonly<Record<Caveat, string>> = {
  thresholded: 'small numbers are withheld',
  sampled: 'worked out from a sample',
  'other-row': 'rare values are summed up as (other)',
  'not-final': 'the latest days may still change',
};

/** Numbers that tools tell of days and of nobody, one at a time, with what the tool says against them. */
export function Figures({ visits }: { readonly visits: Readonly<Record<string, number>> }) {
  const answer = useAnswer('GET /api/figures', { query: { limit: MOST } });
  const [chosen, setChosen] = useState<string>();
  return (
    <Card title="Figures" note="what tools count of nobody, as each of them estimates it" wide>
      <Shown of={answer}>
        {({ figures }) => {
          const kinds = [...new Set(figures.map(kindOf))].sort();
          const kind = chosen ?? kinds.find((one) => one.endsWith(` ${VISITS}`)) ?? kinds[0];
          if (kind === undefined) return <p class="quiet">No connection reads figures, or none came yet.</p>;
          const shown = figures.filter((one) => kindOf(one) === kind);
          return (
            <>
              <Choice
                id="figure"
                label="Figure"
                value={kind}
                change={setChosen}
                options={kinds.map((one) => [one, titleOf(figures.find((figure) => kindOf(figure) === one))])}
              />
              <FigureChart figures={shown} />
              <Caveats figures={shown} />
              <ShareOfVisits figures={shown} visits={visits} />
            </>
          );
        }}
      </Shown>
    </Card>
  );
}

function kindOf({ connection, report, name }: KeptFigure): string {
  return `${connection} ${report} ${name}`;
}

/** What is counted, where, and in which of the tool's reports: `site: active users (channels)`. */
function titleOf(figure: KeptFigure | undefined): string {
  if (figure === undefined) return '';
  const words = figure.name
    .replaceAll('_', ' ')
    .replaceAll(/([a-z])([A-Z])/g, (_, end, start) => `${end} ${start.toLowerCase()}`);
  return `${figure.connection}: ${words} (${figure.report})`;
}

/** A count needs no unit. */
function unitOf(figure: KeptFigure | undefined): string {
  return figure === undefined || figure.unit === 'count' ? '' : `, ${figure.unit}`;
}

/** The largest values of what a figure is split into, each a line. */
function FigureChart({ figures }: { readonly figures: readonly KeptFigure[] }) {
  const [first] = figures;
  const days = [...new Set(figures.map(({ day }) => day))].sort();
  const sums = new Map<string, number>();
  for (const one of figures) sums.set(partOf(one), (sums.get(partOf(one)) ?? 0) + one.value);
  const parts = [...sums].sort((a, b) => b[1] - a[1]).slice(0, MOST_LINES);
  const series = parts.map(([part]): Series => {
    const own = new Map(figures.filter((one) => partOf(one) === part).map(({ day, value }) => [day, value]));
    return { name: part, kind: 'line', values: days.map((day) => own.get(day) ?? null) };
  });
  const left = sums.size - parts.length;
  return (
    <>
      <Chart title={`${titleOf(first)}${unitOf(first)}`} days={days} series={series} />
      {left > 0 && (
        <p class="quiet">
          The {MOST_LINES} largest of {count(sums.size)}.
        </p>
      )}
    </>
  );
}

function partOf({ dimensions }: KeptFigure): string {
  const values = Object.values(dimensions);
  return values.length === 0 ? 'all' : values.join(', ');
}

function Caveats({ figures }: { readonly figures: readonly KeptFigure[] }) {
  const said = [...new Set(figures.flatMap(({ caveats }) => caveats))];
  if (said.length === 0) return null;
  return <p class="quiet">The tool says: {said.map((caveat) => caveatWords[caveat]).join('; ')}.</p>;
}

/** Which part of all visits people who are known here made, on the latest day that both have and that is final. */
function ShareOfVisits({
  figures,
  visits,
}: {
  readonly figures: readonly KeptFigure[];
  readonly visits: Readonly<Record<string, number>>;
}) {
  const final = figures.filter(({ name, caveats }) => name === VISITS && !caveats.includes('not-final'));
  const day = [...new Set(final.map((one) => one.day))].sort().findLast((one) => visits[one] !== undefined);
  const all = final.filter((one) => one.day === day).reduce((sum, { value }) => sum + value, 0);
  if (day === undefined || all === 0) return null;
  const ours = visits[day] ?? 0;
  return (
    <p>
      On {day}, {count(ours)} visits were of people who are known here: about <strong>{percent(ours / all)}</strong> of
      the {count(all)} that the tool estimates.{' '}
      <span class="quiet">Its days are its own, ours are UTC, and each counts a visit in its own way.</span>
    </p>
  );
}
