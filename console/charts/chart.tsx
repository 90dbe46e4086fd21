import { useEffect, useRef, useState } from 'preact/hooks';
import type uPlot from 'uplot';
import { Loading } from '../parts/shown.tsx';
import { ChartTable } from './chart-table.tsx';
import type { ChartProps } from './series.ts';

/** Loaded with the first chart that is shown: pages without one do without the library. */
const drawing = () => import('./draw.ts');

/**
 * Numbers over days, drawn by uPlot. The legend says the numbers of the day that is pointed at, the arrow keys go from
 * day to day, and the same numbers stand in a table for whoever would rather read.
 */
export function Chart({ title, days, series, height = 200 }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const [day, setDay] = useState<number>();
  const [drawn, setDrawn] = useState(false);
  const known = JSON.stringify([days, series]);

  // `known` is what is drawn, by its contents.
  useEffect(() => {
    let gone = false;
    let end = (): void => {};
    void drawing().then(({ draw }) => {
      if (gone || place.current === null) return;
      const made = draw(place.current, { days, series, height, pointed: setDay });
      plot.current = made.plot;
      end = made.end;
      setDrawn(true);
    });
    return () => {
      gone = true;
      end();
    };
  }, [known, height]);

  const shown = day ?? days.length - 1;
  const point = (index: number): void => {
    const at = Math.min(days.length - 1, Math.max(0, index));
    setDay(at);
    const x = plot.current?.data[0][at];
    if (x !== undefined) plot.current?.setCursor({ left: plot.current.valToPos(x, 'x'), top: 0 });
  };
  return (
    <figure class="chart">
      <figcaption>
        <strong>{title}</strong>
        <Legend day={days[shown] ?? ''} series={series} index={shown} />
      </figcaption>
      {!drawn && <Loading />}
      <div
        ref={place}
        class="plot"
        role="img"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys go from day to day.
        tabIndex={0}
        aria-label={`${title}, ${days.length} days. Arrow keys go from day to day.`}
        onKeyDown={(press) => {
          const step = STEPS[press.key];
          if (step === undefined) return;
          press.preventDefault();
          point(shown + step);
        }}
      />
      <ChartTable title={title} days={days} series={series} />
    </figure>
  );
}

const STEPS: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1, PageUp: -7, PageDown: 7 };

function Legend({ day, series, index }: { readonly day: string; readonly index: number } & Pick<ChartProps, 'series'>) {
  return (
    <span class="legend" aria-live="polite">
      <span class="quiet">{day}</span>
      {series.map(({ name, values }, place) => (
        <span key={name} class={`series-${place + 1}`}>
          {name} <b>{values[index]?.toLocaleString('en-US') ?? '–'}</b>
        </span>
      ))}
    </span>
  );
}
