import type * as z from 'zod';
import type { Json } from '../../domain/json.ts';
import { plainPath } from '../../domain/plain-path.ts';
import type { ConnectionInput, ConnectorIo } from '../contract.ts';
import * as answers from './answers.ts';
import type { Config, Secret } from './config.ts';
import { isMissingPermission, missingSetting, unreadableAnswer } from './errors.ts';
import { listText, queryText, recordText, valueText } from './restli.ts';
import { ACTIONS } from './social-action.ts';
import { openTransport, type Request } from './transport.ts';
import type { Listed } from './walk.ts';

const API = 'https://api.linkedin.com';
const SIGN_IN = 'https://www.linkedin.com';

/** The form comes along as it was when the lead was made: answers name questions by number only. */
const LEAD_FIELDS = [
  'id,owner,leadType,submittedAt,testLead,submitter,versionedLeadGenFormUrn,leadMetadata,associatedEntity,formResponse',
  'form:(id,name,creationLocale,hiddenFields,content)',
].join(',');

/** One member of a segment, as LinkedIn takes it. */
export interface SegmentUser {
  readonly action: 'ADD' | 'REMOVE';
  readonly userIds: readonly { readonly idType: 'SHA256_EMAIL' | 'GOOGLE_AID'; readonly idValue: string }[];
}

/** The calls we make, each one request. Every failure is a TributaryError (errors.ts). */
export type LinkedinApi = ReturnType<typeof openLinkedin>;

/** A client of its own for one connection: the documented HTTP API, without LinkedIn's client, whose licence forbids it here. */
export function openLinkedin(connection: ConnectionInput<Config, Secret>, io: ConnectorIo) {
  const { config, endpoint } = connection;
  const urls = { api: plainPath(endpoint ?? API), sign_in: plainPath(endpoint ?? SIGN_IN) };
  const transport = openTransport(urls, connection.secret, config.api_version, io);

  async function call<T>(what: string, shape: z.ZodType<T>, request: Request): Promise<T> {
    const { body } = await transport.send(what, request);
    const parsed = shape.safeParse(body);
    if (!parsed.success) throw unreadableAnswer(what);
    return parsed.data;
  }

  const get = (path: string, query: Readonly<Record<string, string>>): Request => ({
    method: 'GET',
    path: `/rest/${path}${queryText(query)}`,
  });
  const adAccount = (needed: string): string => {
    if (config.ad_account === undefined) throw missingSetting('ad_account', needed);
    return `urn:li:sponsoredAccount:${config.ad_account}`;
  };
  const sourcePlatform = (): string => {
    if (config.source_platform === undefined) throw missingSetting('source_platform', 'audiences');
    return config.source_platform;
  };
  const paged = ({ start, count }: Listed) => ({ start: String(start), count: String(count) });
  const within = ({ from, until }: Listed) => recordText({ start: String(from), end: String(until) });

  const listLeads = (listed: Listed) =>
    call(
      'leads',
      answers.records,
      get('leadFormResponses', {
        q: 'owner',
        owner: recordText({ sponsoredAccount: valueText(adAccount('leads')) }),
        leadType: recordText({ leadType: 'SPONSORED' }),
        limitedToTestLeads: 'false',
        submittedAtTimeRange: within(listed),
        fields: LEAD_FIELDS,
        ...paged(listed),
      }),
    );

  const listSocialActions = (listed: Listed) => {
    if (config.organization === undefined) throw missingSetting('organization', 'social actions');
    return call(
      'social actions',
      answers.records,
      get('organizationalEntityNotifications', {
        q: 'criteria',
        organizationalEntity: valueText(`urn:li:organization:${config.organization}`),
        actions: listText(ACTIONS),
        timeRange: within(listed),
        ...paged(listed),
      }),
    );
  };

  const findSegments = (sourceSegmentId: string) =>
    call(
      'segments',
      answers.segments,
      get('dmpSegments', {
        q: 'account',
        account: valueText(adAccount('audiences')),
        sourceSegmentId: valueText(sourceSegmentId),
        sourcePlatform: valueText(sourcePlatform()),
      }),
    );

  return {
    /** The connection's name in the workspace. */
    connection: connection.name,
    config,
    calls: transport.calls,
    /**
     * The first of the connection's places that the token is let into: apps are given leads, audiences and social actions
     * one by one, and there is no call that all may make.
     */
    async account(): Promise<string> {
      const now = io.now().getTime();
      const one: Listed = { from: now - 1, until: now, start: 0, count: 1 };
      const places: [name: string, ask: () => Promise<unknown>][] = [];
      if (config.ad_account !== undefined) {
        places.push([`ad account ${config.ad_account}`, () => listLeads(one)]);
        if (config.source_platform !== undefined) {
          places.push([`ad account ${config.ad_account}`, () => findSegments('none')]);
        }
      }
      if (config.organization !== undefined) {
        places.push([`organization ${config.organization}`, () => listSocialActions(one)]);
      }
      let last: unknown = missingSetting('ad_account', 'leads and audiences');
      for (const [name, ask] of places) {
        try {
          await ask();
          return name;
        } catch (thrown) {
          if (!isMissingPermission(thrown)) throw thrown;
          last = thrown;
        }
      }
      throw last;
    },
    listLeads,
    lead: (id: string) =>
      call('a lead', answers.record, get(`leadFormResponses/${valueText(id)}`, { fields: LEAD_FIELDS })),
    listSocialActions,
    findSegments,
    async createSegment(name: string, sourceSegmentId: string): Promise<string> {
      const { body, madeId } = await transport.send('a new segment', {
        method: 'POST',
        path: '/rest/dmpSegments',
        body: {
          name,
          sourcePlatform: sourcePlatform(),
          sourceSegmentId,
          account: adAccount('audiences'),
          accessPolicy: 'PRIVATE',
          type: 'USER',
          destinations: [{ destination: 'LINKEDIN' }],
        },
      });
      const id = answers.segmentId.safeParse(madeId ?? (answers.record.safeParse(body).data?.id as Json));
      if (!id.success) throw unreadableAnswer('a new segment');
      return id.data;
    },
    changeUsers: (segment: string, users: readonly SegmentUser[]) =>
      call('changed users', answers.changed, {
        method: 'POST',
        path: `/rest/dmpSegments/${answers.segmentId.parse(segment)}/users`,
        restMethod: 'BATCH_CREATE',
        body: {
          elements: users.map(({ action, userIds }) => ({ action, userIds: userIds.map((one) => ({ ...one })) })),
        },
      }),
  };
}
