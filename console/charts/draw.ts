import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { ChartProps, Series } from './series.ts';

/** Between the marks of an axis, in pixels at least. */
const SPACE = 60;

/** Lines differ in more than their colour. */
const DASHES = [[], [6, 4], [2, 3], [8, 3, 2, 3]] as const;

export interface Drawn {
  readonly plot: uPlot;
  end(): void;
}

/** Draws a chart into an element as wide as it is, and keeps it so; its colours are those of the page's scheme. */
export function draw(
  place: HTMLElement,
  {
    days,
    series,
    height,
    pointed,
  }: Required<Pick<ChartProps, 'days' | 'series' | 'height'>> & { readonly pointed: (day: number | undefined) => void },
): Drawn {
  const colour = coloursOf(place);
  const axis = {
    stroke: () => colour('--quiet'),
    grid: { stroke: () => colour('--line'), width: 1 },
    ticks: { show: false },
    font: '12px system-ui, sans-serif',
  };
  const options: uPlot.Options = {
    width: place.clientWidth,
    height,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    scales: { x: { time: true }, y: { range: (_, least, most) => rangeOf(series, least, most) } },
    axes: [
      { ...axis, space: SPACE, values: (_, splits) => splits.map((at) => DAY.format(new Date(at * 1_000))) },
      { ...axis, size: 54, values: (_, splits) => splits.map((value) => value.toLocaleString('en-US')) },
    ],
    series: [{}, ...series.map((one, index) => seriesOf(one, index, colour))],
    hooks: { setCursor: [({ cursor }) => pointed(cursor.idx ?? undefined)] },
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1_000), 'Etc/UTC'),
  };
  const xs = days.map((day) => Date.parse(`${day}T00:00:00Z`) / 1_000);
  const plot = new uPlot(options, [xs, ...series.map(({ values }) => [...values])], place);
  const resized = new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height }));
  resized.observe(place);
  const scheme = matchMedia('(prefers-color-scheme: dark)');
  const redraw = (): void => plot.redraw();
  scheme.addEventListener('change', redraw);
  return {
    plot,
    end: () => {
      resized.disconnect();
      scheme.removeEventListener('change', redraw);
      plot.destroy();
    },
  };
}

const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });

/** Bars and areas begin at nothing; a line may begin anywhere, with some air around it. */
function rangeOf(series: readonly Series[], least: number | null, most: number | null): [number, number] {
  const [low, high] = [least ?? 0, most ?? 1];
  const grounded = series.some(({ kind }) => kind !== 'line');
  const air = Math.max(1, high - low) * 0.1;
  return [grounded ? Math.min(0, low) : Math.max(0, low - air), high + air];
}

function seriesOf({ name, kind }: Series, index: number, colour: (name: string) => string): uPlot.Series {
  const own = `--series-${index + 1}`;
  const bars = kind === 'bars' ? uPlot.paths.bars?.({ size: [0.7, 24] }) : undefined;
  return {
    label: name,
    stroke: () => colour(own),
    width: kind === 'bars' ? 0 : 2,
    dash: [...(DASHES[index % DASHES.length] ?? [])],
    points: { show: false },
    ...(kind === 'line' ? {} : { fill: () => (kind === 'bars' ? colour(own) : transparent(colour(own))) }),
    ...(bars === undefined ? {} : { paths: bars }),
  };
}

/** A canvas knows no custom properties: an element of the page is asked what they come to. */
function coloursOf(place: HTMLElement): (name: string) => string {
  return (name) => {
    place.style.color = `var(${name})`;
    const colour = getComputedStyle(place).color;
    place.style.color = '';
    return colour;
  };
}

function transparent(colour: string): string {
  return `color-mix(in srgb, ${colour} 18%, transparent)`;
}
