import { webhook } from '../../../lib/connectors/webhook/index.ts';
import type { Scenario } from '../../conformance/scenario.ts';
import { type Receiver, startReceiver } from './server.ts';

const SECRET = 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

/** What the conformance suite needs to know of an endpoint: it takes members and answers what became of each. */
export const webhookScenario: Scenario<Receiver> = {
  connector: webhook,
  config: { url: 'https://sms.example.com/members' },
  secret: { signing_secret: SECRET },
  start: (now) => startReceiver({ now }),
  secrets: ['@example.com', SECRET, [...SECRET].reverse().join('')],
  streams: {},
  audience: {
    target: { list: 'Spring' },
    seed({ lists }) {
      lists.know('ann@example.com', 'ben@example.com');
      lists.refuse('cleo@example.com', 'unsubscribed');
      return {
        known: [email('ann@example.com'), email('ben@example.com')],
        stranger: email('nobody@example.com'),
        refused: [{ key: email('cleo@example.com'), code: 'unsubscribed' }],
      };
    },
    remote: ({ lists }) => lists.on(),
    silence: ({ lists }, { value }) => lists.silenceNext(value),
    fault: (vendor, kind) => vendor.failNext(kind === 'rate-limit' ? 'busy' : 'broken'),
  },
};

function email(value: string) {
  return { type: 'email', value };
}
