import * as z from 'zod';
import { plainPath } from '../../domain/plain-path.ts';
import type { ConnectionInput, ConnectorIo } from '../contract.ts';
import { jsonIn, openRequests } from '../requests.ts';
import type { Config, Secret } from './config.ts';
import { networkError, noBackfill, typeformError, unreadableAnswer } from './errors.ts';

const BASE = 'https://api.typeform.com';

const page = z.looseObject({ items: z.array(z.unknown()) });

export interface FormsApi {
  readonly connection: string;
  readonly config: Config;
  /** Whether there is an account to sign in to: without it deliveries are received and nothing is asked. */
  readonly asks: boolean;
  /** Completed responses in the order of Typeform's processing, newest first: those before a response, or from the newest on. */
  listResponses(options: {
    readonly pageSize: number;
    readonly before?: string | undefined;
  }): Promise<readonly unknown[]>;
}

/** Typeform's own client (@typeform/api-client) keeps a process-wide token and repeats; one GET needs neither. */
export function openForms(
  { name, config, secret, endpoint }: ConnectionInput<Config, Secret>,
  io: ConnectorIo,
): FormsApi {
  const base = plainPath(endpoint ?? BASE);
  const requests = openRequests(io, networkError);
  return {
    connection: name,
    config,
    asks: config.preset === 'typeform' && config.form !== undefined && secret.access_token !== undefined,
    async listResponses({ pageSize, before }) {
      if (config.preset !== 'typeform') throw noBackfill('preset');
      if (config.form === undefined) throw noBackfill('form');
      if (secret.access_token === undefined) throw noBackfill('access_token');
      const query = new URLSearchParams({
        page_size: String(pageSize),
        response_type: 'completed',
        ...(before === undefined ? {} : { before }),
      });
      const url = `${base}/forms/${encodeURIComponent(config.form)}/responses?${query}`;
      const answer = await requests.send(url, {
        headers: { accept: 'application/json', authorization: `Bearer ${secret.access_token}` },
      });
      if (!answer.ok) throw typeformError(answer);
      const parsed = page.safeParse(jsonIn(answer.text()));
      if (!parsed.success) throw unreadableAnswer('responses');
      return parsed.data.items;
    },
  };
}
