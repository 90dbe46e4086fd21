import type { Identifier } from '../../domain/change.ts';
import { ADDED_BY_HAND, cureOf } from '../../domain/truth.ts';
import { rowsAtOnce } from '../ports.ts';
import { type Checker, type Differing, type Done, readList, type Stranger } from './verify-lists.ts';
import type { VerifyRun, VerifyStep } from './verify-run.ts';

/**
 * Heals what one object names: rows first, then strangers. A row that moved since it was judged is left alone, and one
 * that this run has healed already is not healed again.
 */
export async function healPart(
  checker: Checker,
  run: VerifyRun,
  { chunks, part }: Extract<VerifyStep, { do: 'heal' }>,
): Promise<Done> {
  const parts = checker.memberships.audienceParts;
  const healed =
    run.heal === 'report'
      ? 0
      : part < parts
        ? await healRows(checker, run, await readList<Differing>(checker, run, `rows-${part}`))
        : await healStrangers(checker, run, await readList<Stranger>(checker, run, `strangers-${part - parts}`));
  const next = part + 1;
  const more = run.heal !== 'report' && next < parts + chunks;
  return {
    run: { ...run, healed: run.healed + healed },
    step: more ? { do: 'heal', chunks, part: next } : { do: 'end' },
  };
}

async function healRows(checker: Checker, run: VerifyRun, list: readonly Differing[]): Promise<number> {
  const { memberships, audience } = checker;
  let healed = 0;
  for (let at = 0; at < list.length; at += rowsAtOnce) {
    const some = list.slice(at, at + rowsAtOnce);
    const rows = await memberships.readAudienceRows(
      audience.audience,
      some.map(({ profile }) => profile),
    );
    const settled = some.flatMap(({ profile, as, toldVersion, wantedVersion }) => {
      const row = rows.get(profile);
      if (row?.told?.run === run.id) healed += 1;
      if (row === undefined || row.toldVersion !== toldVersion || row.wantedVersion !== wantedVersion) return [];
      const cure = cureOf(row, as, run.heal, audience.mode);
      return cure === undefined ? [] : [{ row, told: toldBy(checker, run, cure.told), pending: cure.pending }];
    });
    const moved = await memberships.settle(audience.audience, settled);
    healed += settled.length - moved.size;
  }
  return healed;
}

async function healStrangers(checker: Checker, run: VerifyRun, strangers: readonly Stranger[]): Promise<number> {
  const { memberships, audience, clock, keptMs } = checker;
  const unwanted = { wanted: { in: false, reason: 'not-in-segment' }, pending: false } as const;
  const found = strangers.flatMap(({ profile, keys }) => {
    const told = { in: true, keys, outcome: 'unchanged', at: 0 };
    const cure = cureOf({ ...unwanted, told }, ADDED_BY_HAND, run.heal, audience.mode);
    return cure === undefined ? [] : [{ profile, told: toldBy(checker, run, cure.told), pending: cure.pending }];
  });
  const there = await memberships.enter(audience.audience, found, clock.now().getTime() + keptMs);
  const again = found.filter(({ profile }) => there.has(profile));
  for (let at = 0; at < again.length; at += rowsAtOnce) {
    const some = again.slice(at, at + rowsAtOnce);
    const rows = await memberships.readAudienceRows(
      audience.audience,
      some.map(({ profile }) => profile),
    );
    const settled = some.flatMap(({ profile, told, pending }) => {
      const row = rows.get(profile);
      return row === undefined || row.told?.in === true ? [] : [{ row, told, pending }];
    });
    await memberships.settle(audience.audience, settled);
  }
  return found.length;
}

function toldBy(
  { clock }: Checker,
  run: VerifyRun,
  told: { readonly in: boolean; readonly keys: readonly Identifier[]; readonly outcome: string; readonly code: string },
) {
  return { ...told, run: run.id, at: clock.now().getTime() };
}
