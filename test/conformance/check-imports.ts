import { expect } from 'vitest';
import type { OpenImports } from '../../lib/connectors/contract.ts';
import { type Change, connectionOf } from '../../lib/domain/change.ts';
import { parseChange } from '../../lib/domain/parse-change.ts';
import { type Check, CONNECTION, type Rig, withRig } from './rig.ts';
import type { ImportScenario, Scenario } from './scenario.ts';

/** Records that are sent: each becomes the same changes whenever it comes, and one that cannot says why without its data. */
export function importChecks(scenario: Scenario, told: ImportScenario): readonly Check[] {
  const on = (check: (open: OpenImports, rig: Rig) => void) => () =>
    withRig(scenario, async (rig) => {
      const { imports } = scenario.connector;
      if (imports === undefined) throw new Error('the scenario describes imports, and the connector has none');
      check(imports.open(rig.config), rig);
    });
  return [
    {
      name: 'makes of each record the same changes, whenever it comes',
      run: on((open) => {
        const made = told.records.flatMap((record) => changesOf(open, record));
        const again = told.records.flatMap((record) => changesOf(open, JSON.parse(JSON.stringify(record))));

        expect(made.map(subjectOf)).toEqual(told.expected);
        expect(again).toEqual(made);
        expect(made.filter((change) => connectionOf(subjectOf(change)) !== CONNECTION)).toEqual([]);
        expect(made.filter((change) => !parseChange(change).ok)).toEqual([]);
      }),
    },
    {
      name: 'says why a record cannot be used by a known code, and holds nothing of it in the reason',
      run: on((open, rig) => {
        const mapped = told.unusable.map((record) => open.map(record, CONNECTION));

        const reasons = mapped.flatMap((one) => (one.ok ? [] : [one.rejection]));
        expect(reasons.length).toBe(told.unusable.length);
        expect(reasons.filter(({ code }) => !/^[a-z0-9-]+\/[a-z0-9-]+$/.test(code))).toEqual([]);
        for (const { reason } of reasons) rig.note(reason);
      }),
    },
    {
      name: 'never takes an address for the name of a record',
      run: on((open, rig) => {
        for (const change of told.records.flatMap((record) => changesOf(open, record))) rig.note(subjectOf(change));

        expect(told.expected.filter((name) => name.includes('@'))).toEqual([]);
      }),
    },
  ];
}

function changesOf(open: OpenImports, record: unknown): readonly Change[] {
  const mapped = open.map(record, CONNECTION);
  if (!mapped.ok) throw new Error(`a usable record was rejected: ${mapped.rejection.code}`);
  return mapped.changes;
}

function subjectOf(change: Change): string {
  return change.kind === 'account' ? change.account : change.fragment;
}
