import type * as z from 'zod';
import type { Json } from '../../domain/json.ts';
import type { ConnectionInput, ConnectorIo } from '../contract.ts';
import { changed, lists, newList, requestStatus } from './answers.ts';
import type { Config, Secret } from './config.ts';
import { type Refusal, unreadableAnswer } from './errors.ts';
import { openTransport, type Request } from './transport.ts';

const DAY_SECONDS = 86_400;
/** Names are told apart by the account; more than a few of one name are not ours. */
const LISTS = 10;

/** The calls we make, each one request and at times a sign-in. Every failure is a TributaryError (errors.ts). */
export type GoogleAdsApi = ReturnType<typeof openGoogleAds>;

/** A change of one list's members, all of one kind. */
export interface Change {
  readonly op: 'add' | 'remove';
  readonly listId: string;
  readonly members: readonly Json[];
  /** What everybody in it agreed to; what is left out is not said. */
  readonly consent: { readonly adUserData?: 'CONSENT_GRANTED'; readonly adPersonalization?: 'CONSENT_GRANTED' };
}

/** A client of its own for one connection: the documented HTTP API, without the official client (README.md says why). */
export function openGoogleAds(connection: ConnectionInput<Config, Secret>, io: ConnectorIo) {
  const { config, secret, endpoint } = connection;
  const transport = openTransport(endpoint, secret, io);
  const accountOf = (accountId: string): Json => ({ accountType: 'GOOGLE_ADS', accountId });
  const pathOf = (accountId: string): string => `accountTypes/GOOGLE_ADS/accounts/${accountId}`;
  const login = config.login_customer_id;
  const asManager = login === undefined ? {} : { headers: { 'login-account': pathOf(login) } };
  const listsPath = `/v1/${pathOf(config.customer_id)}/userLists`;

  async function call<T>(
    what: string,
    shape: z.ZodType<T>,
    request: Request,
    takes?: (refusal: Refusal) => Json | undefined,
  ): Promise<T> {
    const parsed = shape.safeParse(await transport.send(what, request, takes));
    if (!parsed.success) throw unreadableAnswer(what);
    return parsed.data;
  }

  const destinationOf = (listId: string): Json => ({
    operatingAccount: accountOf(config.customer_id),
    ...(login === undefined ? {} : { loginAccount: accountOf(login) }),
    productDestinationId: listId,
  });

  return {
    config,
    log: io.log,
    now: io.now,
    calls: transport.calls,
    /** One list of the account: proves the sign-in and that the account is in reach. */
    look: () =>
      call('the lists of the account', lists, {
        method: 'GET',
        path: listsPath,
        query: { pageSize: '1' },
        ...asManager,
      }),
    /** Lists of a name, which holds no quotes. */
    findLists: (name: string) =>
      call('the lists of a name', lists, {
        method: 'GET',
        path: listsPath,
        query: { pageSize: String(LISTS), filter: `display_name = "${name}"` },
        ...asManager,
      }),
    createList: (name: string) =>
      call('a new list', newList, {
        method: 'POST',
        path: listsPath,
        ...asManager,
        body: {
          displayName: name,
          membershipDuration: `${config.membership_days * DAY_SECONDS}s`,
          ingestedUserListInfo: { uploadKeyTypes: ['CONTACT_ID'] },
        },
      }),
    /** Google takes all of it or nothing, and names members whom it does not take by their place. */
    changeMembers: ({ op, listId, members, consent }: Change) =>
      call(
        'a change of members',
        changed,
        {
          method: 'POST',
          path: op === 'add' ? '/v1/audienceMembers:ingest' : '/v1/audienceMembers:remove',
          body: {
            destinations: [destinationOf(listId)],
            audienceMembers: members,
            encoding: 'HEX',
            ...(op === 'add'
              ? {
                  ...(Object.keys(consent).length === 0 ? {} : { consent }),
                  termsOfService: { customerMatchTermsOfServiceStatus: 'ACCEPTED' },
                }
              : {}),
          },
        },
        ({ members: bad }) => (bad.size === 0 ? undefined : { refused: [...bad] }),
      ),
    /** How far Google is with a change that it took. */
    statusOf: (requestId: string) =>
      call('the state of a request', requestStatus, {
        method: 'GET',
        path: '/v1/requestStatus:retrieve',
        query: { requestId },
      }),
  };
}
