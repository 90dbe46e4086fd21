import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MailchimpClient } from '../../lib/connectors/mailchimp/client.ts';
import { memberIdOf } from '../../lib/connectors/mailchimp/member.ts';
import { surveys } from '../../lib/connectors/mailchimp/surveys.stream.ts';
import type { ActivityChange } from '../../lib/domain/change.ts';
import type { Json } from '../../lib/domain/json.ts';
import { LIST, openRig, type Rig } from '../vendors/mailchimp/open.ts';

const HOUR = 3_600_000;
const ANN = 'Ann@example.com';
const score = { question: 'q1', type: 'range', query: 'Would you recommend us?', answer: '9' } as const;

let rig: Rig;
let api: MailchimpClient;
beforeEach(async () => {
  rig = await openRig();
  api = rig.connect();
  rig.vendor.putMember(LIST, { email: ANN, merge: { FNAME: 'Ann', LNAME: 'Example' } });
  rig.vendor.addSurvey(LIST, { id: 'prices', title: 'Prices' });
  rig.pass(HOUR);
});
afterEach(() => rig.close());

describe('surveys', () => {
  it('tell what a member answered, by question, and nothing else of the contact', async () => {
    rig.vendor.answerSurvey('prices', {
      id: 'r1',
      email: ANN,
      answers: [
        score,
        { question: 'q2', type: 'pickMany', query: 'What do you use?', answer: 'Web, App' },
        { question: 'q3', type: 'text', query: 'Anything else?', answer: '' },
        { question: 'q4', type: 'email', query: 'Your address?', answer: 'another@example.com' },
      ],
    });

    const { changes, lines } = await read(undefined);

    expect(changes).toMatchObject([
      {
        fragment: `newsletter:member:${memberIdOf(ANN)}`,
        name: 'Form Submitted',
        at: '2026-11-21T09:00:00.000Z',
        by: 'person',
        identifiers: [
          { type: 'email', value: ANN },
          { type: 'mailchimp.member_id', value: memberIdOf(ANN) },
        ],
      },
    ]);
    expect(changes[0]?.properties).toEqual({
      survey_id: 'prices',
      survey: 'Prices',
      answers: { q1: 9, q2: 'Web, App' },
      questions: { q1: 'Would you recommend us?', q2: 'What do you use?' },
    });
    expect(JSON.stringify(lines)).not.toContain('Ann Example');
  });

  it('keep the response of somebody unknown as a record of its own', async () => {
    rig.vendor.answerSurvey('prices', { id: 'r1', answers: [score] });

    const { changes, rejected } = await read(undefined);

    expect(changes).toMatchObject([
      { fragment: 'newsletter:member:r1', identifiers: [], properties: { survey: 'Prices' } },
    ]);
    expect(rejected).toEqual([]);
  });

  it('tell a response that is read again the same, and later cost no call for it', async () => {
    rig.vendor.answerSurvey('prices', { id: 'r1', email: ANN, answers: [score] });
    const first = await read(undefined);
    rig.pass(2 * HOUR);
    const again = await read(first.checkpoint);

    const quiet = await pathsOf(() => read(again.checkpoint));

    expect(again.changes).toEqual(first.changes);
    expect(quiet).toEqual(['/3.0/reporting/surveys', '/3.0/reporting/surveys/prices/responses']);
  });

  it('go on without a survey or a response that is deleted while they are read', async () => {
    rig.vendor.addSurvey(LIST, { id: 'service' });
    for (const id of ['r1', 'r2']) rig.vendor.answerSurvey('prices', { id, email: ANN, answers: [score] });
    rig.vendor.answerSurvey('service', { id: 'r3', email: ANN, answers: [score] });
    const heard = api.listSurveyResponses;
    const deleting: MailchimpClient = {
      ...api,
      async listSurveyResponses(survey) {
        const found = await heard(survey);
        rig.vendor.deleteResponse('prices', 'r1');
        rig.vendor.deleteSurvey('service');
        return found;
      },
    };

    const { changes, checkpoint } = await read(undefined, deleting);

    expect(changes).toHaveLength(1);
    expect(checkpoint).toMatchObject({ pass: 'done' });
  });

  it('fail when Mailchimp gives fewer responses than it counts, and keep those that came', async () => {
    rig.vendor.answerSurvey('prices', { id: 'r1', email: ANN, answers: [score] });
    const partly: MailchimpClient = {
      ...api,
      listSurveyResponses: async (survey) => ({ ...(await api.listSurveyResponses(survey)), total: 11 }),
    };
    const came: string[] = [];

    const reading = (async () => {
      for await (const page of pagesFrom(undefined, partly)) came.push(...page.changes.map(({ kind }) => kind));
    })();

    await expect(reading).rejects.toMatchObject({ kind: 'defect', code: 'mailchimp/responses-missing' });
    expect(came).toEqual(['activity']);
  });
});

async function pathsOf(run: () => Promise<unknown>): Promise<string[]> {
  const before = rig.vendor.calls.length;
  await run();
  return rig.vendor.calls.slice(before).map(({ path }) => path);
}

function pagesFrom(from: Json | undefined, client: MailchimpClient) {
  const options = { pageSize: 2, signal: new AbortController().signal, now: rig.now() };
  return surveys.read(client, 'newsletter', from, options);
}

async function read(from: Json | undefined, client = api) {
  const changes: ActivityChange[] = [];
  const lines: unknown[] = [];
  const rejected: unknown[] = [];
  let checkpoint: Json | undefined;
  for await (const page of pagesFrom(from, client)) {
    for (const change of page.changes) if (change.kind === 'activity') changes.push(change);
    lines.push(...page.lines);
    rejected.push(...page.rejected);
    checkpoint = page.checkpoint;
  }
  return { changes, lines, rejected, checkpoint };
}
