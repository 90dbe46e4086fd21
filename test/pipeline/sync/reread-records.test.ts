import { describe, expect, it } from 'vitest';
import type { ActivityChange, Change, ProfileChange } from '../../../lib/domain/change.ts';
import { formatInstant } from '../../../lib/domain/instant.ts';
import type { ChangesMessage } from '../../../lib/pipeline/changes-message.ts';
import { openContacts, page } from './sync-rig.ts';

const hintedAt = formatInstant(Date.parse('2026-11-21T11:00:00Z'));
const at = '2026-11-01T00:00:00Z';

const contact = (id: string, bytes: number): ProfileChange => ({
  kind: 'profile',
  fragment: `crm:contact:${id}`,
  at,
  traits: { notes: 'x'.repeat(bytes) },
  consent: [{ address: `${id}@example.com`, topic: 'email', state: 'denied', at, source: 'status', by: 'person' }],
});
const answer = (id: string, bytes: number): ActivityChange => ({
  kind: 'activity',
  fragment: `crm:contact:${id}`,
  at,
  id: `answer-${id}`,
  name: 'Answered',
  properties: { text: 'x'.repeat(bytes) },
});

/** Which profiles each message tells, and whom it lets go on, when records are read again and found to be this. */
async function sentFor(...changes: readonly Change[]) {
  const rig = openContacts(
    async function* () {},
    async () => page(1, ...changes),
  );
  await rig.sync({ reread: ['1', '2', '3'], hintedAt });
  const messages = rig.changes.take().map(({ body }) => body as unknown as ChangesMessage);
  const idOf = (fragment: string) => fragment.slice('crm:contact:'.length);
  return messages.map((message) => ({
    tells: (message.changes ?? []).flatMap((one) => (one.kind === 'profile' ? [idOf(one.fragment)] : [])),
    resumes: (message.resume ?? []).map(idOf),
    hintedAt: message.hintedAt,
  }));
}

describe('records that are read again because of a hint', () => {
  it('let people go on by the message that tells of them, whichever is folded first', async () => {
    expect(await sentFor(contact('1', 90_000), contact('2', 90_000), contact('3', 90_000))).toEqual([
      { tells: ['1', '2'], resumes: ['1', '2'], hintedAt },
      { tells: ['3'], resumes: ['3'], hintedAt },
    ]);
  });

  it('let people go on by what they are, not by what they did', async () => {
    expect(await sentFor(contact('1', 150_000), answer('1', 90_000))).toEqual([
      { tells: ['1'], resumes: ['1'], hintedAt },
      { tells: [], resumes: [], hintedAt: undefined },
    ]);
    expect(await sentFor(answer('1', 90_000), contact('1', 150_000))).toEqual([
      { tells: [], resumes: [], hintedAt: undefined },
      { tells: ['1'], resumes: ['1'], hintedAt },
    ]);
    expect(await sentFor(answer('1', 10), contact('2', 10))).toEqual([{ tells: ['2'], resumes: ['1', '2'], hintedAt }]);
  });

  it('keep people paused of whom no message can tell', async () => {
    expect(await sentFor(contact('1', 250_000), contact('2', 10))).toEqual([
      { tells: ['2'], resumes: ['2'], hintedAt },
    ]);
    expect(await sentFor(contact('1', 250_000))).toEqual([]);
  });
});
