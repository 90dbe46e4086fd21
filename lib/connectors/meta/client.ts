import type * as z from 'zod';
import { TributaryError } from '../../domain/errors.ts';
import { plainPath } from '../../domain/plain-path.ts';
import type { ConnectionInput, ConnectorIo } from '../contract.ts';
import * as answers from './answers.ts';
import type { Config, Secret } from './config.ts';
import { missingSetting, unreadableAnswer } from './errors.ts';
import { INSTAGRAM_PAGE, PAGE } from './manifest.ts';
import { type Row, SCHEMA } from './match-row.ts';
import { openTransport, type Request } from './transport.ts';

const HOME = 'https://graph.facebook.com';

const LEAD_FIELDS =
  'id,created_time,form_id,is_organic,platform,ad_id,ad_name,adset_id,campaign_id,campaign_name,field_data,custom_disclaimer_responses';
const COMMENT_FIELDS = 'id,from,message,created_time,parent';
const REPLY_FIELDS = 'id,from,text,timestamp,parent_id';

/** The calls we make, each one request. Every failure is a TributaryError (errors.ts). */
export type MetaApi = ReturnType<typeof openMeta>;

export interface PageQuery {
  readonly after: string | undefined;
  readonly size?: number | undefined;
}

/** A client of its own for one connection: the documented HTTP API, without the official client (README.md says why). */
export function openMeta(connection: ConnectionInput<Config, Secret>, io: ConnectorIo) {
  const base = plainPath(connection.endpoint ?? HOME);
  const { config } = connection;
  const transport = openTransport(base, connection.secret, io);
  let pageToken: string | undefined;

  async function call<T>(what: string, shape: z.ZodType<T>, request: Request): Promise<T> {
    const parsed = shape.safeParse(await transport.send(what, request));
    if (!parsed.success) throw unreadableAnswer(what);
    return parsed.data;
  }

  const get = (path: string, query: NonNullable<Request['query']>, token?: string): Request => ({
    method: 'GET',
    path,
    query,
    ...(token === undefined ? {} : { token }),
  });
  const paged = ({ after, size }: PageQuery, most: number) => ({ limit: String(Math.min(size ?? most, most)), after });
  const node = (id: string): string => `/${answers.metaId.parse(id)}`;
  const page = (): string => {
    if (config.page === undefined) throw missingSetting('page', 'leads and comments');
    return config.page;
  };
  const adAccount = (): string => {
    if (config.ad_account === undefined) throw missingSetting('ad_account', 'custom audiences');
    return `/act_${config.ad_account}`;
  };

  /** Leads and comments are shown to the page's own token only, which whoever may use the page is given. */
  async function ofPage(): Promise<string> {
    const wanted = page();
    for (let after: string | undefined; pageToken === undefined; ) {
      const query = { fields: 'id,access_token', limit: String(PAGE), after };
      const found = await call('pages', answers.pages, get('/me/accounts', query));
      pageToken = found.records.find(({ id }) => id === wanted)?.access_token;
      after = found.after;
      if (pageToken === undefined && after === undefined) {
        const says = `the access token may use no page ${wanted}; assign the page to the system user, or correct \`page\``;
        throw new TributaryError('config', 'meta/page-not-found', says);
      }
    }
    return pageToken;
  }

  const changeUsers = (method: 'POST' | 'DELETE', audience: string, rows: readonly Row[]) =>
    call('a changed custom audience', answers.changed, {
      method,
      // Always below the audience: `DELETE` of its own path would delete the audience itself.
      path: `${node(audience)}/users`,
      body: { payload: { schema: [...SCHEMA], data: rows.map((row) => [...row]), is_raw: false } },
    });

  return {
    /** The connection's name in the workspace. */
    connection: connection.name,
    config,
    calls: transport.calls,
    /** The page that the connection names. */
    page,
    /** Whose token it is. */
    account: () => call('an account', answers.account, get('/me', { fields: 'id' })),
    listForms: async (query: PageQuery) =>
      call(
        'lead forms',
        answers.named,
        get(`${node(page())}/leadgen_forms`, { ...paged(query, PAGE), fields: 'id' }, await ofPage()),
      ),
    /** Leads of a form that came after `since` (seconds since 1970), in an order that Meta does not state. */
    listLeads: async (form: string, since: number | undefined, query: PageQuery) =>
      call(
        'leads',
        answers.records,
        get(
          `${node(form)}/leads`,
          {
            ...paged(query, PAGE),
            fields: LEAD_FIELDS,
            ...(since === undefined
              ? {}
              : { filtering: JSON.stringify([{ field: 'time_created', operator: 'GREATER_THAN', value: since }]) }),
          },
          await ofPage(),
        ),
      ),
    lead: async (id: string) => call('a lead', answers.record, get(node(id), { fields: LEAD_FIELDS }, await ofPage())),
    deleteLead: async (id: string) =>
      call('a deletion', answers.deleted, { method: 'DELETE', path: node(id), token: await ofPage() }),
    /** The page's posts since then (seconds since 1970), those of others on it included. */
    listPosts: async (since: number, query: PageQuery) =>
      call(
        'posts',
        answers.posts,
        get(
          `${node(page())}/feed`,
          { ...paged(query, PAGE), fields: 'id,created_time', since: String(since) },
          await ofPage(),
        ),
      ),
    /** Comments on a post, replies included, in the order of time. */
    listComments: async (post: string, query: PageQuery) =>
      call(
        'comments',
        answers.records,
        get(
          `${node(post)}/comments`,
          { ...paged(query, PAGE), fields: COMMENT_FIELDS, filter: 'stream', order: 'chronological' },
          await ofPage(),
        ),
      ),
    comment: async (id: string) =>
      call('a comment', answers.record, get(node(id), { fields: COMMENT_FIELDS }, await ofPage())),
    /** Media of the Instagram account, newest first. */
    listMedia: (account: string, query: PageQuery) =>
      call('media', answers.posts, get(`${node(account)}/media`, { ...paged(query, PAGE), fields: 'id,timestamp' })),
    listInstagramComments: (medium: string, query: PageQuery) =>
      call(
        'comments',
        answers.commentsWithReplies,
        get(`${node(medium)}/comments`, {
          ...paged(query, INSTAGRAM_PAGE),
          fields: `${REPLY_FIELDS},replies{${REPLY_FIELDS}}`,
        }),
      ),
    listReplies: (comment: string, query: PageQuery) =>
      call(
        'replies',
        answers.records,
        get(`${node(comment)}/replies`, { ...paged(query, INSTAGRAM_PAGE), fields: REPLY_FIELDS }),
      ),
    instagramComment: (id: string) =>
      call('a comment', answers.record, get(node(id), { fields: `${REPLY_FIELDS},media{id}` })),
    /** A comment or medium of somebody else's in which the account is named: nobody may read it by its own id. */
    instagramMention: (account: string, kind: 'comment' | 'media', id: string) => {
      const shown = kind === 'comment' ? 'id,username,timestamp,text,media{id}' : 'id,username,timestamp,caption';
      const fields = `mentioned_${kind}.${kind}_id(${answers.metaId.parse(id)}){${shown}}`;
      return call('a mention', answers.mention, get(node(account), { fields }));
    },
    /** Counts by day that end in (since, until], seconds since 1970: each a day long, to midnight in California. */
    insights: async (of: 'page' | 'instagram', id: string, since: number, until: number) =>
      call(
        'insights',
        answers.insights,
        get(
          `${node(id)}/insights`,
          { metric: config.insights[of].join(','), period: 'day', since: String(since), until: String(until) },
          of === 'page' ? await ofPage() : undefined,
        ),
      ),
    listAudiences: (query: PageQuery) =>
      call(
        'custom audiences',
        answers.named,
        get(`${adAccount()}/customaudiences`, { ...paged(query, PAGE), fields: 'id,name' }),
      ),
    createAudience: (name: string) =>
      call('a new custom audience', answers.made, {
        method: 'POST',
        path: `${adAccount()}/customaudiences`,
        body: {
          name,
          subtype: 'CUSTOM',
          customer_file_source: config.customer_file_source,
          description: 'Kept by Tributary',
        },
      }),
    addUsers: (audience: string, rows: readonly Row[]) => changeUsers('POST', audience, rows),
    removeUsers: (audience: string, rows: readonly Row[]) => changeUsers('DELETE', audience, rows),
  };
}
