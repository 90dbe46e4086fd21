import { surveymonkey } from '../../../lib/connectors/surveymonkey/index.ts';
import type { Scenario, StreamScenario, WebhookScenario } from '../../conformance/scenario.ts';
import { callback, signedRequest } from './sender.ts';
import { type SurveymonkeySimulator, startSurveymonkey } from './server.ts';
import { asked, SURVEY } from './survey.ts';

const TOKEN = 'simulated-surveymonkey-token';
const CLIENT = 'simulated-client-id';
const CLIENT_SECRET = 'simulated-client-secret';

/** How the conformance suite sees SurveyMonkey. */
export const surveymonkeyScenario: Scenario<SurveymonkeySimulator> = {
  connector: surveymonkey,
  config: {
    survey: SURVEY,
    mapping: {
      identifiers: { email: `answers.${asked.contact}.4001` },
      traits: { nps: { from: `answers.${asked.score}`, as: 'number' } },
      activity: { name: 'Survey Answered', properties: { score: `answers.${asked.score}` } },
    },
  },
  secret: { access_token: TOKEN, client_id: CLIENT, client_secret: CLIENT_SECRET },
  start: (now) => startSurveymonkey({ now }),
  secrets: ['@example.com', TOKEN, CLIENT_SECRET, 'nekot-yeknomyevrus'],
  usage: (vendor) => ({ used: vendor.dayUsed(), limit: 500 }),
  streams: { responses: responses() },
  webhook: webhook(),
};

function responses(): StreamScenario<SurveymonkeySimulator> {
  const told = new WeakMap<SurveymonkeySimulator, string[]>();
  return {
    pageSize: 4,
    seed(vendor) {
      const ids = Array.from({ length: 17 }, (_, n) =>
        vendor.submit({ score: n % 11, email: `p${n}@example.com` }, { at: stamp(n) }),
      );
      vendor.submit({}, { at: stamp(8), pages: 'none at all' });
      vendor.submit({ score: 3 }, { at: stamp(9), status: 'partial' });
      told.set(vendor, ids.flatMap(idsOf));
    },
    expected: (vendor) => told.get(vendor) ?? [],
    rejected: 1,
    touch: (vendor) => idsOf(vendor.submit({ score: 10, email: 'late@example.com' })),
    reread(vendor) {
      const [id = ''] = vendor.responses.keys();
      return { id, brings: idsOf(id) };
    },
  };
}

/** A response makes two changes: of the person, and that it was given. */
function idsOf(id: string): string[] {
  return [`conformance:response:${id}`, id];
}

/** Groups of seven share one second, which a page of four cannot hold. */
function stamp(n: number): Date {
  return new Date(`2026-11-17T0${Math.floor(n / 7)}:00:00Z`);
}

function webhook(): WebhookScenario {
  const request = (text: string) => ({
    method: 'POST',
    path: '/webhooks/survey',
    ...signedRequest(CLIENT, CLIENT_SECRET, text),
  });
  const body = callback(SURVEY, 'response_completed', '5007154001', '123456789', new Date('2026-11-20T18:17:02Z'));
  const signed = request(body);
  return {
    signed,
    tampered: { ...signed, body: body.replace('5007154001', '5007154002') },
    unsigned: { ...signed, headers: { 'content-type': 'application/json' } },
    unreadable: request('\u0000 neither a form nor XML nor JSON'),
    meaningless: request(JSON.stringify({ event_type: 'response_completed', object_id: 'ann@example.com' })),
  };
}
