export type Tone = 'good' | 'busy' | 'bad' | 'past';

/** States that are not bad. */
const TONES: Readonly<Record<string, Tone>> = {
  finished: 'good',
  done: 'good',
  running: 'busy',
  waiting: 'busy',
  pending: 'busy',
  superseded: 'past',
};

/** A state, in a colour and in a word. */
export function Badge({
  children,
  tone = TONES[children] ?? 'bad',
}: {
  readonly children: string;
  readonly tone?: Tone;
}) {
  return <span class={`badge ${tone}`}>{children}</span>;
}
