import type { JsonObject } from '../../domain/json.ts';
import type { SalesforceApi } from './client.ts';
import { fullId } from './ids.ts';
import type { Org } from './org.ts';
import { queryAll } from './query.ts';
import { inGroups, oneOf } from './soql.ts';

/** The part that one contact has in an opportunity. */
export interface Part extends JsonObject {
  readonly contact: string;
  readonly role: string | null;
  readonly primary: boolean;
}

/**
 * Who has part in each of these opportunities, by its id: the primary contact first, then by the age of their roles, each
 * contact once. Where the org does not show us roles, the contact that the opportunity itself names; absent = nobody.
 */
export async function partsIn(
  api: SalesforceApi,
  org: Org,
  deals: readonly JsonObject[],
): Promise<ReadonlyMap<string, readonly Part[]>> {
  const ids = deals.map(({ Id }) => fullId(Id)).filter((id) => id !== undefined);
  const hasRoles = ids.length > 0 && (await org.fieldsOf('OpportunityContactRole')) !== undefined;
  if (!hasRoles) return new Map(deals.flatMap(namedContact));
  const deleted = new Set(deals.filter(({ IsDeleted }) => IsDeleted === true).map(({ Id }) => fullId(Id)));
  const found = new Map<string, Part[]>();
  for (const role of await rolesOf(api, ids)) {
    const deal = fullId(role.OpportunityId);
    const contact = fullId(role.ContactId);
    if (deal === undefined || contact === undefined) continue;
    // Roles go into the bin with their opportunity and still tell whose it was; one that went alone is no part any more.
    if (role.IsDeleted === true && !deleted.has(deal)) continue;
    const parts = found.get(deal) ?? [];
    if (parts.some((part) => part.contact === contact)) continue;
    parts.push({ contact, role: typeof role.Role === 'string' ? role.Role : null, primary: role.IsPrimary === true });
    found.set(deal, parts);
  }
  return found;
}

async function rolesOf(api: SalesforceApi, deals: readonly string[]): Promise<readonly JsonObject[]> {
  const roles: JsonObject[] = [];
  for (const group of inGroups(deals)) {
    roles.push(
      ...(await queryAll(
        api,
        `SELECT Id, OpportunityId, ContactId, Role, IsPrimary, IsDeleted FROM OpportunityContactRole WHERE ${oneOf('OpportunityId', group)}`,
      )),
    );
  }
  return roles.sort((a, b) => Number(b.IsPrimary === true) - Number(a.IsPrimary === true) || byId(a, b));
}

/** Ids of one object grow with time. */
function byId(a: JsonObject, b: JsonObject): number {
  return String(a.Id) < String(b.Id) ? -1 : 1;
}

/** The contact that was named when the opportunity was made (API version 46.0 and later). */
function namedContact({ Id, ContactId }: JsonObject): [string, readonly Part[]][] {
  const [deal, contact] = [fullId(Id), fullId(ContactId)];
  return deal === undefined || contact === undefined ? [] : [[deal, [{ contact, role: null, primary: true }]]];
}
