import { forms } from '../../../lib/connectors/forms/index.ts';
import type { Scenario } from '../../conformance/scenario.ts';
import { type FormTool, startFormTool } from './server.ts';
import { typeformRequest } from './signing.ts';

export const FORM = 'lT4Z3j';
const OLD_SECRET = 'the-secret-of-another-form';

/** An answer to the question of that reference. */
export function answer(ref: string, type: string, value: unknown) {
  return { type, [type]: value, field: { id: `id-${ref}`, type: 'short_text', ref } };
}

const tool = { signing_secret: 'a-signing-secret-of-the-simulated-form' };
const body = JSON.stringify({
  event_id: 'LtWXD3crgy',
  event_type: 'form_response',
  form_response: {
    form_id: FORM,
    token: 'a3a12ec67a1365927098a606107fac15',
    submitted_at: '2026-11-20T18:17:02Z',
    answers: [answer('email', 'email', 'ann@example.com'), answer('nps', 'number', 9)],
  },
});
const request = (secret: string, text: string) => ({
  method: 'POST',
  path: '/webhooks/survey',
  ...typeformRequest(secret, text),
});

/** What the conformance suite needs to know of a form tool: Typeform, which can be read again. */
export const formsScenario: Scenario<FormTool> = {
  connector: forms,
  config: {
    preset: 'typeform',
    form: FORM,
    mapping: {
      identifiers: { email: 'answers.email' },
      traits: { nps: { from: 'answers.nps', as: 'number' } },
      activity: { name: 'Survey Answered', properties: { score: 'answers.nps' } },
    },
  },
  secret: { ...tool, access_token: 'tfp_simulated_personal_access_token' },
  start: (now) => startFormTool({ now, form: FORM }),
  secrets: ['@example.com', tool.signing_secret, 'tfp_simulated', 'nekot_ssecca'],
  streams: {
    responses: {
      pageSize: 4,
      seed(vendor) {
        for (let n = 0; n < 14; n += 1) {
          const answers =
            n === 6 ? 'none at all' : [answer('email', 'email', `p${n}@example.com`), answer('nps', 'number', n)];
          // The tool keeps it before it tells anybody of it.
          void vendor.submit({ answers });
        }
      },
      expected: (vendor) => vendor.responses.filter((_, n) => n !== 6).flatMap(({ token }) => idsOf(token)),
      rejected: 1,
      drifts: { answers: 'a response without answers can be read, whatever was wrong with them' },
      touch(vendor) {
        void vendor.submit({ token: 'touched', answers: [answer('email', 'email', 'new@example.com')] });
        return idsOf('touched');
      },
    },
  },
  webhook: {
    signed: request(tool.signing_secret, body),
    tampered: { ...request(tool.signing_secret, body), body: body.replace('"number":9', '"number":1') },
    unsigned: { ...request(OLD_SECRET, body), headers: { 'content-type': 'application/json' } },
    meaningless: request(tool.signing_secret, body.replace('2026-11-20T18:17:02Z', 'ann@example.com')),
    unreadable: request(tool.signing_secret, '\u0000 neither a form nor XML nor JSON'),
  },
};

/** A response makes two changes: of the person, and that it was given. */
function idsOf(token: string): string[] {
  return [`conformance:response:${token}`, token];
}
