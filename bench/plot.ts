/** A line of a plot: its name and its points. */
export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Axes {
  readonly title: string;
  /** What the axes show, with their units. */
  readonly x: string;
  readonly y: string;
}

/** A bar: its name and how long it is. */
export interface Bar {
  readonly name: string;
  readonly value: number;
}

const WIDTH = 720;
const HEIGHT = 320;
const FRAME = { left: 64, right: 16, top: 56, bottom: 48 };
const TICKS = 5;
const ROW = 26;
const NAMES = 250;
/** Told apart by people who see colours otherwise (Okabe and Ito), on white and on black; dashes tell them apart without colour. */
const COLOURS = [
  ['#0072b2', '#56b4e9', 'none'],
  ['#d55e00', '#e69f00', '6 3'],
  ['#007a5a', '#00b386', '2 3'],
  ['#8f4b7b', '#cc79a7', '8 3 2 3'],
] as const;

/** Lines over a common scale from zero, as SVG that reads on light and on dark. Equal input gives equal bytes. */
export function linePlot({ title, x, y }: Axes, series: readonly Series[]): string {
  const all = series.flatMap(({ points }) => points);
  const [right, top] = [rounded(all.map(([at]) => at)), rounded(all.map(([, value]) => value))];
  const inner = { width: WIDTH - FRAME.left - FRAME.right, height: HEIGHT - FRAME.top - FRAME.bottom };
  const atX = (value: number): number => FRAME.left + (value / right) * inner.width;
  const atY = (value: number): number => FRAME.top + inner.height - (value / top) * inner.height;
  const steps = Array.from({ length: TICKS + 1 }, (_, n) => n / TICKS);
  const rows = steps.map((part) => {
    const height = place(atY(part * top));
    return `<path class="grid" d="M${FRAME.left} ${height}H${WIDTH - FRAME.right}"/>${text(said(part * top), FRAME.left - 8, atY(part * top) + 4, 'end')}`;
  });
  const columns = steps.map((part) =>
    text(said(part * right), atX(part * right), HEIGHT - FRAME.bottom + 18, 'middle'),
  );
  const lines = series.map(({ points }, n) => {
    const path = points.map(([at, value], first) => `${first === 0 ? 'M' : 'L'}${place(atX(at))} ${place(atY(value))}`);
    return `<path class="line c${n}" d="${path.join('')}"/>`;
  });
  const legend = series.map(({ name }, n) => {
    const from = FRAME.left + n * 165;
    return `<path class="line c${n}" d="M${from} 38h22"/>${text(name, from + 28, 42, 'start')}`;
  });
  const axes = [
    text(x, FRAME.left + inner.width / 2, HEIGHT - 8, 'middle'),
    `<text transform="translate(14 ${place(FRAME.top + inner.height / 2)}) rotate(-90)" text-anchor="middle">${escaped(y)}</text>`,
  ];
  return drawing(title, HEIGHT, [...rows, ...columns, ...axes, ...legend, ...lines]);
}

/** Bars that lie, the longest as wide as the plot, each with its value; as `linePlot`. */
export function barPlot({ title, x }: Pick<Axes, 'title' | 'x'>, bars: readonly Bar[]): string {
  const most = Math.max(...bars.map(({ value }) => value));
  const room = WIDTH - NAMES - 90;
  const rows = bars.map(({ name, value }, n) => {
    const top = 40 + n * ROW;
    const width = place(Math.max(1, (value / most) * room));
    return `${text(name, NAMES - 8, top + 14, 'end')}<rect class="bar" x="${NAMES}" y="${top}" width="${width}" height="18"/>${text(said(value), NAMES + Number(width) + 6, top + 14, 'start')}`;
  });
  const height = 40 + bars.length * ROW + 30;
  return drawing(title, height, [...rows, text(x, NAMES, height - 10, 'start')]);
}

function drawing(title: string, height: number, parts: readonly string[]): string {
  const light = COLOURS.map(([colour, , dash], n) => `.c${n}{stroke:${colour};stroke-dasharray:${dash}}`).join('');
  const dark = COLOURS.map(([, colour], n) => `.c${n}{stroke:${colour}}`).join('');
  const style = `text{font:12px system-ui,sans-serif;fill:#24292f}.title{font-size:14px;font-weight:600}.ground{fill:#fff}.grid{stroke:#d0d7de}.line{fill:none;stroke-width:2}.bar{fill:${COLOURS[0][0]}}${light}@media(prefers-color-scheme:dark){text{fill:#e6edf3}.ground{fill:#0d1117}.grid{stroke:#30363d}.bar{fill:${COLOURS[0][1]}}${dark}}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(title)}">`,
    `<style>${style}</style>`,
    `<rect class="ground" width="${WIDTH}" height="${height}"/>`,
    `<text class="title" x="16" y="22">${escaped(title)}</text>`,
    ...parts,
    '</svg>\n',
  ].join('\n');
}

function text(words: string, x: number, y: number, anchor: 'start' | 'middle' | 'end'): string {
  return `<text x="${place(x)}" y="${place(y)}" text-anchor="${anchor}">${escaped(words)}</text>`;
}

/** The end of a scale: the next 1, 2, 2.5, 5 or 10 times a power of ten. */
function rounded(values: readonly number[]): number {
  const most = Math.max(...values, Number.MIN_VALUE);
  const power = 10 ** Math.floor(Math.log10(most));
  return power * ([1, 2, 2.5, 5, 10].find((step) => step * power >= most) ?? 10);
}

function said(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: 3 });
}

function place(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
