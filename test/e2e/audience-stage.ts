import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AudienceDefinition, Definitions } from '../../lib/domain/definitions.ts';
import type { Json } from '../../lib/domain/json.ts';
import { openExchange } from '../../lib/local/engines/exchange.ts';
import { openStage, type Stage } from '../../lib/local/stage.ts';
import { loadWorkspace } from '../../lib/workspace/load.ts';
import { versioned } from '../pipeline/define/published-world.ts';
import { bundledOnce } from '../setup/bundled-once.ts';
import { startMailchimp } from '../vendors/mailchimp/simulator.ts';

export const LIST = 'a1b2c3';
/** Two hours and a little before everything realtime is reconciled, at 04:00 in Berlin. */
export const START = Date.parse('2026-11-20T01:00:00.000Z');
export const MINUTE = 60_000;
const WRITE_KEY = 'wk_server_1';

export interface AudienceStage extends Awaited<ReturnType<typeof openAudienceStage>> {}

/**
 * A stage of examples/starter with its own Mailchimp account (`newsletter`) and a second one (`shop`), which nobody reads
 * and to which the audiences of `given` are pushed. The caller closes it.
 */
export async function openAudienceStage(given: {
  /** Members of the newsletter's list. */
  readonly readers: readonly string[];
  readonly quietReaders: Omit<Definitions['segments'][number], 'segment'>;
  /** How many the audience of quiet readers may add without an approval. */
  readonly quietMaxAdd: number;
  readonly segments: Definitions['segments'];
  readonly audiences: readonly Pick<AudienceDefinition, 'audience' | 'segment' | 'target' | 'when'>[];
}) {
  const { definitions } = await loadWorkspace('examples/starter');
  const connection = definitions?.connections.newsletter;
  if (definitions === undefined || connection === undefined) throw new Error('examples/starter does not load');
  let stage: Stage | undefined;
  const now = () => new Date(stage?.now() ?? START);
  const [newsletter, shop] = await Promise.all([startMailchimp({ now }), startMailchimp({ now })]);
  const folder = mkdtempSync(join(tmpdir(), 'tributary-audiences-'));
  async function close(): Promise<void> {
    await stage?.close();
    await Promise.all([newsletter.close(), shop.close()]);
    rmSync(folder, { recursive: true, force: true });
  }
  newsletter.addList({ id: LIST });
  for (const email of given.readers) newsletter.putMember(LIST, { email, at: new Date(START - 60 * MINUTE) });
  shop.addList({ id: LIST });
  const secretOf = (api_key: string) => JSON.stringify({ api_key, webhook_secret: 'w'.repeat(24) });
  const workspace: Definitions = {
    ...definitions,
    connections: {
      newsletter: { ...connection, endpoint: newsletter.url, webhook: false },
      shop: { ...connection, name: 'shop', endpoint: shop.url, webhook: false, streams: {}, quotaShare: 1 },
    },
    segments: [{ segment: 'quiet-readers', ...given.quietReaders }, ...given.segments],
    audiences: [
      ...definitions.audiences.map((one) => ({ ...one, guardrails: { maxAddCount: given.quietMaxAdd } })),
      ...given.audiences.map(
        (one): AudienceDefinition => ({
          ...one,
          connection: 'shop',
          match: ['email'],
          mode: 'mirror',
          needs: {},
          holdout: 0,
        }),
      ),
    ],
    guardrails: { ...definitions.guardrails, emptySegment: 'allow' },
    collection: { writeKeys: { server: WRITE_KEY } },
  };
  try {
    stage = await openStage({
      from: { workspace, bundle: bundledOnce },
      start: START,
      port: 0,
      secrets: { newsletter: secretOf(newsletter.apiKey), shop: secretOf(shop.apiKey) },
      stageFileIn: folder,
    });
    const on = stage;
    const call = async (method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> => {
      const answer = await fetch(`${on.url}${path}`, {
        method,
        headers: { authorization: `Bearer ${on.token}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      if (!answer.ok) throw new Error(`${path} answered ${answer.status} ${await answer.text()}`);
      return answer.json();
    };
    await call('POST', '/api/definitions', versioned(workspace));
    // Pushes wait for sources that were never read.
    await call('POST', '/api/pull', { connection: 'newsletter' });
    await on.idle();
    return {
      stage: on,
      newsletter,
      shop,
      call,
      now: () => now().getTime(),
      /** What a server of the shop tells: who it is, and what they did just now. */
      async collect(email: string, names: readonly string[]): Promise<void> {
        const timestamp = now().toISOString();
        const who = { userId: email.split('@')[0], timestamp };
        const batch = [
          { type: 'identify', ...who, messageId: `i.${email}.${timestamp}`, traits: { email } },
          ...names.map((event) => ({ type: 'track', ...who, messageId: `${event}.${email}.${timestamp}`, event })),
        ];
        const answer = await fetch(`${on.url}/v1/batch`, {
          method: 'POST',
          headers: {
            authorization: `Basic ${Buffer.from(`${WRITE_KEY}:`).toString('base64')}`,
            'content-type': 'application/json',
          },
          body: JSON.stringify({ batch, sentAt: timestamp }),
        });
        if (!answer.ok) throw new Error(`collect answered ${answer.status} ${await answer.text()}`);
      },
      /** Puts a message into the queue of pushes, as a schedule or a redelivery does. */
      async send(body: Json): Promise<void> {
        const url = String(on.resolve('PUSH_QUEUE_URL'));
        const exchange = openExchange(new URL(url).origin);
        await exchange.call('AmazonSQS.SendMessage', { QueueUrl: url, MessageBody: JSON.stringify(body) });
        exchange.close();
      },
      close,
    };
  } catch (failure) {
    await close();
    throw failure;
  }
}
