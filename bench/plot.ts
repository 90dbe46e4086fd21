import { escapeHtml } from '../lib/domain/escape-html.ts';

/** One line of a plot. Colour, dashes and mark follow from its place: the first series looks the same in every plot. */
export interface Series {
  readonly name: string;
  /** In the order in which they are joined. What an axis cannot show (nothing on a logarithmic one) breaks the line. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Axis {
  /** What it measures, with its unit: `seconds after midnight`. */
  readonly label: string;
  /** Powers of ten at equal distances. */
  readonly log?: boolean;
  /** Where it begins and ends; without them, where the points and levels do, a linear one at nought or below. */
  readonly from?: number;
  readonly to?: number;
  /** How a tick is told; grouped digits when left out, in millions (M) where there are any. */
  readonly tell?: (value: number) => string;
}

/** A line across at one height: a limit or a promise. */
export interface Level {
  readonly value: number;
  readonly name: string;
}

export interface LinePlot {
  /** One line, in sentence case. */
  readonly title: string;
  /** What it shows in a sentence or two, for who does not see it. */
  readonly description: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
  readonly levels?: readonly Level[];
}

export interface BarPlot extends Pick<LinePlot, 'title' | 'description'> {
  readonly x: Pick<Axis, 'label'>;
  readonly bars: readonly { readonly name: string; readonly value: number }[];
}

interface Scale {
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
  readonly shows: (value: number) => boolean;
}

const WIDTH = 760;
const HEIGHT = 400;
const LEFT = 84;
const RIGHT = 736;
const BOTTOM = 344;
const LEGEND = 56;
const ROW = 20;
/** Names of bars end before them, a row each. */
const NAMES = 280;
const BAR_ROW = 26;
/** About how wide a character of the legend is: nothing here can measure text. */
const CHARACTER = 7;
/** Up to so many points each has a mark: more would hide the line. */
const MARKED = 30;

/** Colours of the console's series (console/style/tokens.css) on light and on dark paper, and a fifth. */
const LIGHT = ['#0f766e', '#b45309', '#4338ca', '#a21caf', '#b42318'];
const DARK = ['#4fd1c0', '#f2b35e', '#a5b4fc', '#f0abfc', '#ff9d8f'];
const DASHES = ['', '8 4', '2 3', '10 3 2 3', '5 5'];

/** Lines as one SVG that brings its own paper, light or dark as its reader wishes. The same plot is the same text. */
export function linePlot(plot: LinePlot): string {
  const legend = legendOf(plot.series);
  const top = LEGEND + legend.rows * ROW;
  const x = scaleOf(plot.x, valuesOf(plot, 0), LEFT, RIGHT);
  const y = scaleOf(plot.y, [...valuesOf(plot, 1), ...(plot.levels ?? []).map(({ value }) => value)], BOTTOM, top);
  return drawing(plot, HEIGHT, plot.series.length, [
    ...legend.lines,
    ...x.ticks.flatMap((tick) => [
      `<path class="grid" d="M${pixel(x.at(tick))} ${top}V${BOTTOM}"/>`,
      text(x.at(tick), BOTTOM + 20, tell(plot.x, x, tick), 'text-anchor="middle"'),
    ]),
    ...y.ticks.flatMap((tick) => [
      `<path class="grid" d="M${LEFT} ${pixel(y.at(tick))}H${RIGHT}"/>`,
      text(LEFT - 8, y.at(tick) + 4, tell(plot.y, y, tick), 'text-anchor="end"'),
    ]),
    `<path class="axis" d="M${LEFT} ${top}V${BOTTOM}H${RIGHT}"/>`,
    text((LEFT + RIGHT) / 2, HEIGHT - 14, plot.x.label, 'text-anchor="middle" class="label"'),
    text(
      0,
      0,
      plot.y.label,
      `text-anchor="middle" class="label" transform="translate(18 ${(top + BOTTOM) / 2}) rotate(-90)"`,
    ),
    ...(plot.levels ?? []).flatMap(({ value, name }) => [
      `<path class="level" d="M${LEFT} ${pixel(y.at(value))}H${RIGHT}"/>`,
      text(LEFT + 6, y.at(value) - 6, name, ''),
    ]),
    ...plot.series.flatMap(({ points }, place) => lineOf(points, place, x, y)),
  ]);
}

/** Bars that lie, the longest as wide as there is room, each with its value; as `linePlot`. */
export function barPlot(plot: BarPlot): string {
  const most = plot.bars.reduce((longest, { value }) => Math.max(longest, value), 0);
  const bars = plot.bars.flatMap(({ name, value }, place) => {
    const top = LEGEND + place * BAR_ROW;
    const width = Math.max(1, (value / most) * (RIGHT - NAMES - 60));
    return [
      text(NAMES - 8, top + 14, name, 'text-anchor="end"'),
      `<rect class="bar" x="${NAMES}" y="${top}" width="${pixel(width)}" height="18"/>`,
      text(NAMES + width + 6, top + 14, digits(value), ''),
    ];
  });
  const bottom = LEGEND + plot.bars.length * BAR_ROW;
  return drawing(plot, bottom + 40, 1, [...bars, text(NAMES, bottom + 20, plot.x.label, 'class="label"')]);
}

function drawing(
  { title, description }: Pick<LinePlot, 'title' | 'description'>,
  height: number,
  series: number,
  parts: readonly string[],
): string {
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="title about">`,
    `<title id="title">${escapeHtml(title)}</title>`,
    `<desc id="about">${escapeHtml(description)}</desc>`,
    styleOf(series),
    `<rect class="paper" width="${WIDTH}" height="${height}" rx="8"/>`,
    text(LEFT, 30, title, 'class="title"'),
    ...parts,
    '</svg>',
  ];
  return `${lines.join('\n')}\n`;
}

function valuesOf({ series }: LinePlot, axis: 0 | 1): number[] {
  return series.flatMap(({ points }) => points.map((point) => point[axis]));
}

/** From values to pixels. Throws RangeError when there is nothing that the axis could show. */
function scaleOf(axis: Axis, values: readonly number[], first: number, last: number): Scale {
  const shows = (value: number): boolean => Number.isFinite(value) && (axis.log !== true || value > 0);
  const shown = values.filter(shows);
  if (shown.length === 0)
    throw new RangeError(`expected values for the axis “${axis.label}”, found none that it shows`);
  const lowest = shown.reduce((least, value) => Math.min(least, value));
  const highest = shown.reduce((most, value) => Math.max(most, value));
  if (axis.log === true) {
    const from = Math.floor(Math.log10(axis.from ?? lowest));
    const to = Math.max(from + 1, Math.ceil(Math.log10(axis.to ?? highest)));
    const at = (value: number): number => first + ((Math.log10(value) - from) / (to - from)) * (last - first);
    return { at, shows, ticks: Array.from({ length: to - from + 1 }, (_, power) => 10 ** (from + power)) };
  }
  const from = axis.from ?? Math.min(0, lowest);
  const step = stepOf((axis.to ?? highest) - from || 1);
  const to = axis.to ?? from + Math.ceil((highest - from || 1) / step) * step;
  const ticks = Array.from({ length: Math.floor((to - from) / step + 1e-9) + 1 }, (_, count) => from + count * step);
  return { at: (value) => first + ((value - from) / (to - from)) * (last - first), shows, ticks };
}

/** One, two or five of a power of ten: the distance of some five ticks over so much. */
function stepOf(range: number): number {
  const power = 10 ** Math.floor(Math.log10(range / 5));
  return power * ([1, 2, 5].find((times) => times * power >= range / 6) ?? 10);
}

function lineOf(points: Series['points'], place: number, x: Scale, y: Scale): string[] {
  const path: string[] = [];
  let isDown = false;
  let last = '';
  for (const [across, up] of points) {
    if (!x.shows(across) || !y.shows(up)) {
      isDown = false;
      continue;
    }
    const here = `${pixel(x.at(across))} ${pixel(y.at(up))}`;
    if (!isDown || here !== last) path.push(`${isDown ? 'L' : 'M'}${here}`);
    isDown = true;
    last = here;
  }
  const look = `class="line s${place % LIGHT.length}"`;
  const marks = points.length > MARKED ? [] : points.filter(([across, up]) => x.shows(across) && y.shows(up));
  return [
    `<path ${look} d="${path.join('')}"/>`,
    ...marks.map(([across, up]) => `<circle ${look} cx="${pixel(x.at(across))}" cy="${pixel(y.at(up))}" r="3"/>`),
  ];
}

function legendOf(series: readonly Series[]): { readonly lines: string[]; readonly rows: number } {
  let left = LEFT;
  let row = 0;
  const lines = series.flatMap(({ name }, place) => {
    const width = 44 + name.length * CHARACTER;
    if (left > LEFT && left + width > RIGHT) {
      left = LEFT;
      row += 1;
    }
    const at = LEGEND + row * ROW;
    const lines = [
      `<path class="line s${place % LIGHT.length}" d="M${left} ${at - 5}h24"/>`,
      text(left + 30, at - 1, name, ''),
    ];
    left += width;
    return lines;
  });
  return { lines, rows: row + 1 };
}

function styleOf(series: number): string {
  const places = LIGHT.slice(0, series).map((_, place) => place);
  const colours = (of: readonly string[]): string => places.map((place) => `.s${place}{stroke:${of[place]}}`).join('');
  const dashes = places.map((place) =>
    DASHES[place] === '' ? '' : `path.s${place}{stroke-dasharray:${DASHES[place]}}`,
  );
  return `<style>
text{font:13px system-ui,sans-serif;fill:#16211e}.title{font-weight:600;font-size:15px}
.paper{fill:#fff;stroke:#dde5e2}.grid{stroke:#e6ecea}.axis{stroke:#84938e;fill:none}
.level{stroke:#56675f;stroke-dasharray:3 3}.line{fill:none;stroke-width:2}.bar{fill:${LIGHT[0]}}
${colours(LIGHT)}${dashes.join('')}
@media(prefers-color-scheme:dark){text{fill:#e6edeb}.paper{fill:#171f1d;stroke:#2b3735}.grid{stroke:#26312f}
.axis{stroke:#667974}.level{stroke:#9bada7}.bar{fill:${DARK[0]}}${colours(DARK)}}
</style>`;
}

function text(x: number, y: number, content: string, look: string): string {
  return `<text x="${pixel(x)}" y="${pixel(y)}"${look === '' ? '' : ` ${look}`}>${escapeHtml(content)}</text>`;
}

function tell({ tell: own, log = false }: Axis, { ticks }: Scale, value: number): string {
  if (own !== undefined) return own(value);
  const isInMillions = value !== 0 && (log ? value : (ticks.at(-1) ?? 0)) >= 1e6;
  return isInMillions ? `${digits(value / 1e6)} M` : digits(value);
}

function digits(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: 4 });
}

function pixel(value: number): string {
  return String(Math.round(value * 10) / 10);
}
