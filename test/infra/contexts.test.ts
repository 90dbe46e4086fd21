import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../lib/domain/json.ts';
import { functionNames, specOf } from '../../lib/infra/functions.ts';
import { idPart } from '../../lib/infra/logical-id.ts';
import type { Template } from '../../lib/infra/synthesise.ts';
import { tableNames } from '../../lib/infra/tables.ts';
import { openResolver } from '../../lib/local/engines/resource-names.ts';
import { eventSourcesOf, schedulesOf } from '../../lib/local/host/template-parts.ts';
import { at, resource, resourcesOf, statementsOf } from './reading.ts';
import { restoredTables, synthesiseTiny, tinyWorkspace, writeTables } from './tiny-workspace.ts';

const dir = mkdtempSync(join(tmpdir(), 'tributary-contexts-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function templateWith(context: Readonly<Record<string, unknown>>): Promise<Template> {
  const { template, close } = await synthesiseTiny(tinyWorkspace, context);
  close();
  return template;
}

const plain = await templateWith({});
const SCHEDULE = 'AWS::Scheduler::Schedule';
const MAPPING = 'AWS::Lambda::EventSourceMapping';

/** The values of a property in all resources of a type. */
function valuesOf(template: Template, type: string, property: string): readonly unknown[] {
  const found = Object.values(resourcesOf(template, type));
  expect(found.length).toBeGreaterThan(6);
  return [...new Set(found.map((one) => at(one, property)))];
}

/** A template without what a pause may change in it. */
function withoutPause(template: Template): unknown {
  const resources = structuredClone(template.Resources) as Record<string, { Properties?: JsonObject }>;
  for (const { Properties: properties } of Object.values(resources)) {
    for (const name of ['State', 'Enabled']) delete (properties as Record<string, unknown> | undefined)?.[name];
  }
  delete resources.ClockStoppedAlarm;
  return resources;
}

describe('-c paused', () => {
  it.each([
    ['true', ['DISABLED'], [false]],
    [true, ['DISABLED'], [false]],
    ['schedules', ['DISABLED'], [true]],
    ['false', ['ENABLED'], [true]],
    [undefined, ['ENABLED'], [true]],
  ])('of %s says what begins and what is worked at, and changes nothing else', async (paused, state, enabled) => {
    const template = await templateWith({ paused });

    expect(valuesOf(template, SCHEDULE, 'State')).toEqual(state);
    expect(valuesOf(template, MAPPING, 'Enabled')).toEqual(enabled);
    expect(withoutPause(template)).toEqual(withoutPause(plain));
  });

  it('is what the alarm of the clock says, which rings all the same: a pause may be forgotten', async () => {
    const alarm = resource(await templateWith({ paused: 'schedules' }), 'ClockStoppedAlarm');

    expect(at(alarm, 'AlarmDescription')).toMatch(/^This workspace was deployed as paused/);
    expect(at(alarm, 'AlarmActions')).toEqual([{ Ref: 'AlertsTopic' }]);
    expect(at(resource(plain, 'ClockStoppedAlarm'), 'AlarmDescription')).toMatch(/^No sweep has run/);
  });

  it('is played by the local stage: nothing is fired, and no queue is read', async () => {
    const played = (template: Template) => {
      const whole = template as unknown as JsonObject;
      const resolver = openResolver(whole, { queueOrigin: 'http://localhost', stack: 'tributary-acme' });
      const from = { template: whole, resolver } as never;
      return [schedulesOf(from).length, eventSourcesOf(from).length];
    };

    expect(played(plain).every((count) => count > 6)).toBe(true);
    expect(played(await templateWith({ paused: 'true' }))).toEqual([0, 0]);
  });

  it('of anything else is refused', async () => {
    await expect(templateWith({ paused: 'yes' })).rejects.toMatchObject({
      code: 'infra/context',
      message: '-c paused: found "yes", expected false, schedules, true or nothing',
    });
  });
});

describe('-c tables', () => {
  it('has roles, variables and the dashboard follow the restored tables, and makes none', async () => {
    const template = await templateWith({ tables: writeTables(dir) });
    const text = JSON.stringify(template);

    expect(resourcesOf(template, 'AWS::DynamoDB::Table')).toEqual({});
    for (const table of tableNames) {
      expect(text).not.toContain(`"${idPart(table)}Table"`);
      expect(text).toContain(restoredTables[table]);
    }
    for (const name of functionNames) {
      const variables = at(resource(template, `${idPart(name)}Function`), 'Environment.Variables') as JsonObject;
      const before = at(resource(plain, `${idPart(name)}Function`), 'Environment.Variables') as JsonObject;
      expect(Object.keys(variables)).toEqual(Object.keys(before));
      for (const table of Object.keys(specOf(name).tables)) {
        expect(variables[`${table.toUpperCase()}_TABLE`]).toBe(restoredTables[table as keyof typeof restoredTables]);
      }
    }
  });

  it('gives each role the actions that it had, on the restored table and its index', async () => {
    const template = await templateWith({ tables: writeTables(dir) });
    const granted = (of: Template) =>
      functionNames.map((name) =>
        statementsOf(resource(of, `${idPart(name)}Role`)).map(({ actions, resources }) => [actions, resources.length]),
      );

    expect(granted(template)).toEqual(granted(plain));
    expect(JSON.stringify(statementsOf(resource(template, 'SweepDueRole')))).toContain(
      `:table/${restoredTables.profiles}/index/due-by-hour`,
    );
  });

  it('leaves everything else as it is, alarms among it', async () => {
    const template = await templateWith({ tables: writeTables(dir) });
    const others = (of: Template) => Object.keys(of.Resources).filter((id) => !/^[A-Z][a-z]+Table$/.test(id));

    expect(others(template)).toEqual(others(plain));
    expect(resourcesOf(template, 'AWS::CloudWatch::Alarm')).toEqual(resourcesOf(plain, 'AWS::CloudWatch::Alarm'));
  });

  const { state: _, ...seven } = restoredTables;
  it.each([
    ['a table less', seven, 'found state missing in'],
    ['a table more', { ...restoredTables, people: 'x-people' }, 'found people more in'],
    ['a name that no table can have', { ...restoredTables, state: 'a/b' }, 'found "a/b" for state in'],
    ['one name twice', { ...restoredTables, state: restoredTables.ledger }, 'found one name twice in'],
    ['no names', { ...restoredTables, state: 1 }, 'found something else in'],
  ])('with %s is refused', async (_, names, why) => {
    await expect(templateWith({ tables: writeTables(dir, names) })).rejects.toMatchObject({
      code: 'infra/context',
      message: expect.stringContaining(`-c tables: ${why}`),
    });
  });

  it('that is no file of JSON is refused', async () => {
    const file = join(dir, 'broken.json');
    writeFileSync(file, '{');

    for (const tables of [file, join(dir, 'nowhere.json')]) {
      await expect(templateWith({ tables })).rejects.toThrow(`-c tables: found nothing to read as JSON in ${tables}`);
    }
  });
});

describe('-c docsUrl', () => {
  it('is told to whoever raises alerts, and to nobody else', async () => {
    const template = await templateWith({ docsUrl: 'https://git.example.com/acme/docs/' });
    const told = functionNames.filter(
      (name) =>
        at(resource(template, `${idPart(name)}Function`), 'Environment.Variables.DOCS_URL') ===
        'https://git.example.com/acme/docs',
    );

    expect(told).toEqual(functionNames.filter((name) => specOf(name).notifies && name !== 'api'));
    expect(JSON.stringify(plain)).not.toContain('DOCS_URL');
  });
});
