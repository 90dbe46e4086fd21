import { describe, expect, it } from 'vitest';
import { destinationFor, fewestCalls, loadConnectors } from '../../lib/connectors/define.ts';
import { connectors as registry } from '../../lib/connectors/registry.ts';

const connectors = await loadConnectors(registry);

describe('destinationFor', () => {
  it('takes a target with a value for a field, and any other for a list', () => {
    const { mailchimp, webhook } = connectors;

    expect(destinationFor(mailchimp, { tag: 'Lapsing' })).toBe(mailchimp?.audiences);
    expect(destinationFor(mailchimp, { merge_field: 'SEGMENT', value: 'Lapsing' })).toBe(mailchimp?.fieldValues);
    expect(destinationFor(webhook, { list: 'Lapsing', value: 'x' })).toBeUndefined();
    expect(destinationFor(undefined, { tag: 'Lapsing' })).toBeUndefined();
  });
});

describe('fewestCalls', () => {
  it.each([
    [{ maxMembers: 100 }, 0, 0],
    [{ maxMembers: 100 }, 101, 2],
    [{ maxMembers: 100, callsEach: 2 }, 101, 204],
  ])('counts batches, and members where each takes requests of its own: %o, %d', (batch, members, calls) => {
    expect(fewestCalls(batch, members)).toBe(calls);
  });
});
