/**
 * How far a number is on its way from a baseline to a target: a half circle, and the share in words. `expected` marks
 * where it should be by now.
 */
export function Gauge({
  share,
  expected,
  label,
  tone = 'good',
}: {
  /** 0 at the baseline, 1 at the target; it may be below and above. */
  readonly share: number;
  readonly expected?: number;
  /** What is measured, for whoever hears it. */
  readonly label: string;
  readonly tone?: 'good' | 'busy' | 'bad';
}) {
  const percent = Math.round(share * 100);
  const due = expected === undefined ? '' : `, ${Math.round(expected * 100)} % expected by now`;
  const mark = expected === undefined ? undefined : pointAt(within(expected));
  return (
    <svg class={`gauge ${tone}`} viewBox="0 0 120 68" role="img" aria-label={`${label}: ${percent} % of the way${due}`}>
      <path class="whole" d={arc(0, 1)} />
      {within(share) > 0 && <path class="part" d={arc(0, within(share))} />}
      {mark !== undefined && <circle class="mark" cx={mark.x} cy={mark.y} r="4" />}
      <text x="60" y="58" text-anchor="middle">
        {percent} %
      </text>
    </svg>
  );
}

const RADIUS = 48;

function within(share: number): number {
  return Math.min(1, Math.max(0, share));
}

function pointAt(share: number): { readonly x: number; readonly y: number } {
  const angle = Math.PI * (1 - share);
  return { x: round(60 + RADIUS * Math.cos(angle)), y: round(60 - RADIUS * Math.sin(angle)) };
}

function arc(from: number, to: number): string {
  const [start, end] = [pointAt(from), pointAt(to)];
  return `M${start.x} ${start.y}A${RADIUS} ${RADIUS} 0 0 1 ${end.x} ${end.y}`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
