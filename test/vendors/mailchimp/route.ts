import type { JsonObject } from '../../../lib/domain/json.ts';
import type { SimCampaign } from './campaign.ts';
import type { SimList } from './list.ts';
import type { SimSurvey } from './survey.ts';
import type { makeWebhookSender } from './webhook-sender.ts';

/** One call of the API: what matches it, and what it does. An object is answered as JSON, nothing as 204. */
export interface Route {
  readonly method: string;
  /** Against the path behind `/3.0`; the first group is the list, where there is one. */
  readonly path: RegExp;
  run(call: Call): unknown;
}

export interface Call {
  readonly lists: ReadonlyMap<string, SimList>;
  readonly campaigns: ReadonlyMap<string, SimCampaign>;
  readonly surveys: ReadonlyMap<string, SimSurvey>;
  readonly webhooks: ReturnType<typeof makeWebhookSender>;
  readonly query: URLSearchParams;
  readonly body: JsonObject;
  /** The list named in the path; 404 when the account has none such. */
  list(): SimList;
  /** A decoded group of the path. */
  part(group: number): string;
  nextId(): number;
  /** A batch tags members whatever their status. */
  readonly tagsAnyone: boolean;
  /** Which addresses of a batch are carried out: all, unless a fault says otherwise. */
  partially(count: number): (email: string) => boolean;
}
