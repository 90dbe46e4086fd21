import { describe, expect, it } from 'vitest';
import type { Change } from '../../../lib/domain/change.ts';
import type { Json } from '../../../lib/domain/json.ts';
import { doWork } from '../../../lib/pipeline/resolve/work.ts';
import { openResolver, standingClock } from '../delivering.ts';
import { openMemoryArchive, openMemoryState } from '../memory-state.ts';
import { openMemoryStores } from '../memory-stores.ts';
import { NOW } from '../world.ts';

const customer = (n: number, email = `p${n}@example.com`): Change => ({
  kind: 'profile',
  fragment: `crm:contact:${n}`,
  at: new Date(NOW - n * 1_000).toISOString(),
  identifiers: [{ type: 'email', value: email }],
  traits: { stage: 'customer' },
});

function openWorker() {
  const stores = openMemoryStores();
  const lines: { message: string; fields: Readonly<Record<string, Json>> }[] = [];
  const log = (message: string, fields: Readonly<Record<string, Json>> = {}) => void lines.push({ message, fields });
  const { resolve } = openResolver(stores);
  const nothing = async () => {};
  const work = doWork({
    ...{
      state: openMemoryState(),
      archive: openMemoryArchive(),
      clock: standingClock,
      workspace: 'acme',
      log,
      resolve,
    },
    ...{ compare: nothing, scan: nothing, recount: nothing, pause: nothing, mark: async () => [] },
  });
  return {
    lines,
    work: (bodies: readonly Json[], queuedAt?: readonly number[]) =>
      work(bodies, new AbortController().signal, queuedAt),
    /** By the record that a person has: what their row in the audience came by. */
    causes: () =>
      Object.fromEntries(
        stores.living().map(({ id, fragments }) => {
          const row = stores.rows().find((one) => one.row === 'audience' && one.profile === id);
          return [Object.keys(fragments).sort().join('+'), row !== undefined && 'cause' in row ? row.cause : undefined];
        }),
      ),
  };
}

const delivered = (changes: readonly Change[], more: object) =>
  ({ origin: 'delivery', connection: 'crm', changes, ...more }) as unknown as Json;

describe('the cause of a change', () => {
  it('stands on the rows of whom it was about: of a delivery its trace, of a run the run', async () => {
    const { work, causes, lines } = openWorker();

    await work(
      [
        delivered([customer(1)], { cause: 'trace-1' }),
        delivered([customer(2)], { origin: 'page', run: { id: 'crm/contacts.9', number: 1 } }),
        delivered([customer(3)], {}),
      ],
      [NOW - 1_500, NOW - 20, NOW],
    );

    expect(causes()).toEqual({
      'crm:contact:1': 'trace-1',
      'crm:contact:2': 'crm/contacts.9',
      'crm:contact:3': undefined,
    });
    expect(lines.find(({ message }) => message === 'folded')?.fields).toMatchObject({
      messages: 3,
      causes: ['trace-1', 'crm/contacts.9'],
      workspace: 'acme',
      'Pipeline/resolve/age': [1_500, 20, 0],
    });
  });

  it('is all of them, up to five, where many came together about one person, and the latest at the next change', async () => {
    const { work, causes } = openWorker();
    const about = (n: number) => delivered([customer(n, 'ann@example.com')], { cause: `trace-${n}` });

    await work([1, 2].map(about));
    expect(causes()).toEqual({ 'crm:contact:1+crm:contact:2': 'trace-1 trace-2' });

    const { work: crowd, causes: ofCrowd } = openWorker();
    await crowd([1, 2, 3, 4, 5].map(about).concat(delivered([customer(1, 'ann@example.com')], { cause: 'trace-6' })));
    expect(Object.values(ofCrowd())[0]?.split(' ')).toHaveLength(5);
  });

  it('is told by no line with anything else of the person', async () => {
    const { work, lines } = openWorker();

    await work([delivered([customer(1)], { cause: 'trace-1' })], [NOW]);

    expect(JSON.stringify(lines)).not.toMatch(/example\.com|crm:contact|p_/);
  });
});
