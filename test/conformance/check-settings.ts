import { expect } from 'vitest';
import type { Schema } from '../../lib/connectors/contract.ts';
import { isJsonObject, type JsonObject } from '../../lib/domain/json.ts';
import { type Check, withRig } from './rig.ts';
import type { Scenario } from './scenario.ts';

/** Settings and secrets: refused with a useful message, never shown, and asked for at the vendor. */
export function settingsChecks(scenario: Scenario): readonly Check[] {
  const { connector } = scenario;
  const secret = isJsonObject(scenario.secret) ? scenario.secret : {};
  return [...ownChecks(scenario), ...(connector.manifest.signsIn === false ? [] : secretChecks(scenario, secret))];
}

function ownChecks(scenario: Scenario): readonly Check[] {
  const { connector } = scenario;
  return [
    {
      name: 'refuses an unknown setting by name, and {} when a setting is required',
      async run() {
        const settings = isJsonObject(scenario.config) ? scenario.config : {};
        expect(refusal(connector.config, { ...settings, no_such_setting: 1 })).toContain('no_such_setting');
        const needsNothing = connector.config.safeParse({}).success;
        if (!needsNothing) expect(refusal(connector.config, {})).toMatch(/\w+: \w+/);
      },
    },
    {
      name: 'says whose account it signed in to',
      run: () =>
        withRig(scenario, async (rig) => {
          const { account } = await connector.check(await rig.connect());

          expect(account).not.toBe('');
        }),
    },
  ];
}

/** For whoever has an account to sign in to. */
function secretChecks(scenario: Scenario, secret: JsonObject): readonly Check[] {
  const { connector } = scenario;
  return [
    {
      name: 'refuses an empty secret by the name of what is missing',
      async run() {
        expect(refusal(connector.secret, {})).toMatch(/\w+/);
        expect(Object.keys(secret).some((key) => refusal(connector.secret, {}).includes(key))).toBe(true);
      },
    },
    {
      name: 'never repeats a secret in a message about it',
      async run() {
        const values = Object.values(secret).filter((value) => typeof value === 'string');
        const wrong = [
          ...Object.keys(secret).map((key) => ({ ...secret, [key]: values })),
          { ...secret, unexpected: values },
          values,
          values.join(' '),
        ];

        const messages = wrong.map((value) => refusal(connector.secret, value)).join('\n');

        expect(values.filter((value) => messages.includes(value))).toEqual([]);
      },
    },
    {
      name: 'answers a wrong secret with auth or config, and keeps it to itself',
      run: () =>
        withRig(scenario, async (rig) => {
          const failures = [];
          for (const [key, value] of Object.entries(secret)) {
            if (typeof value !== 'string') continue;
            const wrong = connector.secret.safeParse({ ...secret, [key]: [...value].reverse().join('') });
            if (!wrong.success) continue;
            const failure = await rig.errorOf(async () => connector.check(await rig.connect({ secret: wrong.data })));
            if (failure !== undefined) failures.push({ key, kind: failure.kind, code: failure.code });
          }

          expect(failures.length, 'no wrong secret was refused').toBeGreaterThan(0);
          expect(failures.filter(({ kind }) => kind !== 'auth' && kind !== 'config')).toEqual([]);
        }),
    },
  ];
}

/** What a schema says against a value, as `path: message` lines; empty when it accepts. */
function refusal(schema: Schema<unknown>, value: unknown): string {
  const result = schema.safeParse(value);
  if (result.success) return '';
  return result.error.issues.map(({ path, message }) => `${path.join('.') || 'value'}: ${message}`).join('\n');
}
