const WIDTH = 96;
const HEIGHT = 24;
const EDGE = 2;

/** How a number went, small enough to stand in a row. Absent values leave a gap. */
export function Sparkline({
  values,
  label,
}: {
  readonly values: readonly (number | null)[];
  /** What is drawn, for whoever hears it; the numbers are added. */
  readonly label: string;
}) {
  const known = values.filter((value) => value !== null);
  if (known.length < 2) return <span class="quiet">–</span>;
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const x = (index: number): number => EDGE + (index / (values.length - 1)) * (WIDTH - 2 * EDGE);
  const y = (value: number): number =>
    most === least ? HEIGHT / 2 : HEIGHT - EDGE - ((value - least) / (most - least)) * (HEIGHT - 2 * EDGE);
  const said = `${label}: from ${known[0]?.toLocaleString('en-US')} to ${known.at(-1)?.toLocaleString('en-US')}`;
  return (
    <svg
      class="sparkline"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      width={WIDTH}
      height={HEIGHT}
      role="img"
      aria-label={said}
    >
      <path d={lineThrough(values, x, y)} />
      {values.at(-1) != null && <circle cx={x(values.length - 1)} cy={y(values.at(-1) ?? 0)} r="2" />}
    </svg>
  );
}

function lineThrough(
  values: readonly (number | null)[],
  x: (index: number) => number,
  y: (value: number) => number,
): string {
  let drawing = false;
  return values
    .map((value, index) => {
      if (value === null) {
        drawing = false;
        return '';
      }
      const step = `${drawing ? 'L' : 'M'}${x(index).toFixed(1)} ${y(value).toFixed(1)}`;
      drawing = true;
      return step;
    })
    .join('');
}
