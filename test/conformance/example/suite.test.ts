import { describe, expect, it } from 'vitest';
import { behaviourChecks, roadChecks } from '../behaviour.ts';
import type { Scenario } from '../scenario.ts';
import type { Flaw } from './flaw.ts';
import { exampleScenario } from './scenario.ts';

/** Each flaw, and a check that must fail because of it. */
const caught: Readonly<Record<Flaw, string>> = {
  'cursor is a time without a tie-breaker': 'brings every record once, and quarantines the unreadable one only',
  'cursor repeats its own instant': 'loses and repeats nothing when killed after any page',
  'checkpoint runs ahead of its page': 'loses and repeats nothing when killed after any page',
  'cursor of any version is taken': 'refuses a checkpoint of a form it does not know',
  'unreadable record is dropped': 'brings every record once, and quarantines the unreadable one only',
  'abort is ignored': 'stops within a page of being told to',
  'connections share a client': 'keeps reading its own account when another connection opens and closes',
  'address in the log': 'brings every record once, and quarantines the unreadable one only',
  'secret in the error': 'answers a wrong secret with auth or config, and keeps it to itself',
  'ensure always makes': 'finds what it made before',
  'batch is all applied': 'gives every member of a mixed batch one true outcome',
  'stranger has no outcome': 'gives every member of a mixed batch one true outcome',
  'server error is a rejection': 'comes through a server error with nobody lost',
  'webhook is not verified': 'refuses a broken proof and a missing one',
  'webhook is the truth': 'takes a delivery that only a secret in the URL proves as a hint, never as the truth',
  'looking makes a list': 'finds the list only while it is there, and makes none',
  'list ends early': 'lists exactly who is in the tool, by hand or by us',
  'writes are not noted': 'knows its own additions when they come back',
  'every echo is ours': 'takes what people do to the list by hand for theirs',
  'nobody is asked': 'asks before each request that it sends',
  'removal takes any value': 'leaves a value that somebody else has set',
  'removals are not noted': 'knows its own removals when they come back',
  'a missing field is found': 'says which field is missing, and makes none',
  'another value is another field': 'names the same field whatever the value',
  'a broken line is a defect': 'comes through broken connections with nobody lost',
  'a missing permission may pass': 'stops at a missing permission, and asks no more',
  'a renamed field is at a loss': 'says so where the tool renames a field, and is never at a loss',
  'delivery key is random': 'gives each delivery a key of its own that stays the same',
};

describe('the conformance suite', () => {
  it('passes a connector that keeps every promise', async () => {
    expect(await failuresOf(exampleScenario())).toEqual([]);
  });

  it.each(Object.entries(caught) as [Flaw, string][])('catches: %s', async (flaw, check) => {
    expect(await failuresOf(exampleScenario(flaw), check)).toContain(check);
  });

  it('catches a facet that the scenario keeps quiet about', async () => {
    const { webhook: _left, audience: _out, field: _none, ...quiet } = exampleScenario();

    expect(await failuresOf(quiet)).toEqual(Array(3).fill('is described by the scenario'));
  });
});

/** The names of the checks that fail: of all, or of those of one name. */
async function failuresOf(scenario: Scenario, only?: string): Promise<string[]> {
  const failed: string[] = [];
  const checks = [...behaviourChecks(scenario).values(), ...roadChecks(scenario).values()].flat();
  for (const { name, run } of checks.filter((one) => only === undefined || one.name === only)) {
    try {
      await run(() => undefined);
    } catch {
      failed.push(name);
    }
  }
  return failed;
}
