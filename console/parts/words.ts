import type { Guard } from '../../lib/domain/guardrails.ts';
import type { Blocked } from '../../lib/domain/profile.ts';
import type { OutcomeLine } from '../../lib/pipeline/push/outcomes.ts';

/** Why somebody of the segment is not sent: what we decided, and what the tool answered. */
const REASONS: Readonly<Record<Blocked | OutcomeLine['status'] | 'not-in-segment' | 'another-key', string>> = {
  'no-consent': 'without the consent that the audience needs',
  'no-match-key': 'nothing by which the tool could find them',
  outranked: 'in another audience of the group, which comes first',
  'held-out': 'held out, so that the effect can be measured',
  suppressed: 'suppressed: never to be contacted',
  'not-in-segment': 'not in the segment any more',
  'another-key': 'known by another address or id than before',
  applied: 'the tool did it',
  unchanged: 'it was so already',
  unmatched: 'the tool does not know them',
  refused: 'they or the tool said no: unsubscribed, cleaned, forgotten',
  rejected: 'cannot work as it stands',
  retry: 'nobody knows; the next push tries again',
  postponed: 'not sent: their row moved, is paused, or waits for another list',
};

const GUARDS: Readonly<Record<Guard, string>> = {
  'max-add': 'too many additions',
  'max-remove': 'too many removals',
  'min-source': 'a source has shrunk',
  'first-run': 'the first push',
  'empty-segment': 'nobody would be left',
  'opt-outs': 'opt-outs would be touched',
  'stale-source': 'a source is not up to date',
  'list-replaced': 'another list',
};

/** A reason or an outcome in words; one that this page does not know stays as it is. */
export function reasonWords(reason: string): string {
  return (REASONS as Readonly<Record<string, string>>)[reason] ?? reason;
}

export function guardWords(guard: string): string {
  return (GUARDS as Readonly<Record<string, string>>)[guard] ?? guard;
}

/** A name with its first letter as a title has it. */
export function titled(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
