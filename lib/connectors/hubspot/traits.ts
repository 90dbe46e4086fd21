import type { TraitKinds } from '../../domain/facet/catalogue.ts';

/** What kind of data HubSpot's own traits are. */
export const traits: TraitKinds = {
  'hubspot.owner_id': { facet: 'behavioural', type: 'text', title: 'Who looks after the contact in HubSpot' },
};
