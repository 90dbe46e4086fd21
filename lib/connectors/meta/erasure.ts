import type { Erasure } from '../contract-erasure.ts';
import { metaId } from './answers.ts';
import type { MetaApi } from './client.ts';
import { isNotFound } from './errors.ts';

/**
 * Deletes the person's leads. Custom audiences are left by the pipeline's own removal; what somebody wrote under a post is
 * theirs and public, and is not deleted. Meta keeps leads for 90 days only, so it has to be asked for.
 */
export const erasure: Erasure<MetaApi> = {
  byDefault: 'remove',
  async erase(api, { records }) {
    const before = api.calls();
    const ids = new Set(
      records.filter(({ kind, id }) => kind === 'lead' && metaId.safeParse(id).success).map(({ id }) => id),
    );
    let deleted = 0;
    for (const id of ids) if (await deleteLead(api, id)) deleted += 1;
    const note = deleted === 0 ? 'Meta keeps no lead of the person' : 'leads deleted for good; comments stay';
    return { state: 'confirmed', note, deleted, calls: api.calls() - before };
  },
};

/** Ids of all things look alike at Meta: only what is seen to be a lead is deleted. */
async function deleteLead(api: MetaApi, id: string): Promise<boolean> {
  try {
    const found = await api.lead(id);
    if (!Array.isArray(found.field_data)) return false;
    await api.deleteLead(id);
    return true;
  } catch (thrown) {
    if (!isNotFound(thrown)) throw thrown;
    return false;
  }
}
