import type { TraitKinds } from '../../domain/facet/catalogue.ts';

/** What kind of data Klaviyo's own traits are. */
export const traits: TraitKinds = {
  'klaviyo.external_id': { facet: 'behavioural', type: 'text', title: 'Id in the system that fills Klaviyo' },
  'klaviyo.email_status': { facet: 'explicit', type: 'text', title: 'Standing to e-mail in Klaviyo' },
  'klaviyo.sms_status': { facet: 'explicit', type: 'text', title: 'Standing to SMS in Klaviyo' },
  'klaviyo.last_event_at': { facet: 'behavioural', type: 'instant', title: 'Last event in Klaviyo' },
};
