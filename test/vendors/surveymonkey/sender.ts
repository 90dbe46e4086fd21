import { createHmac } from 'node:crypto';

const TIMEOUT_MS = 5_000;

/** A callback as SurveyMonkey sends it: signed with the id and the secret of the app, under a content type of its own. */
export function signedRequest(clientId: string, clientSecret: string, body: string) {
  const signature = createHmac('sha1', `${clientId}&${clientSecret}`).update(body, 'utf8').digest('base64');
  const type = 'application/vnd.surveymonkey.response.v1+json';
  return { body, headers: { 'content-type': type, 'sm-apikey': clientId, 'sm-signature': signature } };
}

/** Tells of an event without an answer in it. */
export function callback(survey: string, event: string, id: string, eventId: string, at: Date): string {
  return JSON.stringify({
    name: 'Tributary',
    filter_type: 'survey',
    filter_id: survey,
    event_type: event,
    event_id: eventId,
    object_type: 'response',
    object_id: id,
    event_datetime: at.toISOString().replace('Z', '000+00:00'),
    resources: { respondent_id: id, recipient_id: '0', collector_id: '50253586', survey_id: survey, user_id: '1' },
  });
}

/** Webhooks of one survey. What nobody took is kept, and sent again when asked to. */
export function createSender(options: {
  readonly now: () => Date;
  readonly survey: string;
  readonly clientId: string;
  readonly clientSecret: string;
}) {
  const { now, survey, clientId, clientSecret } = options;
  const urls: string[] = [];
  let waiting: { readonly url: string; readonly body: string }[] = [];
  let lastEvent = 10_000_000;
  return {
    /** Makes a webhook if its address answers HEAD with 200; it has to be one of its own. */
    async subscribe(url: string): Promise<boolean> {
      const answer = await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(TIMEOUT_MS) });
      const isTaken = answer.status === 200 && !urls.includes(url);
      if (isTaken) urls.push(url);
      return isTaken;
    },
    announce(event: string, id: string): void {
      lastEvent += 1;
      const body = callback(survey, event, id, String(lastEvent), now());
      for (const url of urls) waiting.push({ url, body });
    },
    /** Sends all that has happened. */
    async settle(): Promise<void> {
      const told = waiting;
      waiting = [];
      for (const one of told) if (!(await post(one))) waiting.push(one);
    },
  };

  async function post({ url, body }: { readonly url: string; readonly body: string }): Promise<boolean> {
    try {
      const { headers } = signedRequest(clientId, clientSecret, body);
      const answer = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(TIMEOUT_MS) });
      await answer.arrayBuffer();
      return answer.ok;
    } catch {
      return false; // No answer is a failed delivery like any other.
    }
  }
}
