import type { TraitKinds } from '../../domain/facet/catalogue.ts';

/** What kind of data SendGrid's own traits are. */
export const traits: TraitKinds = {
  'sendgrid.external_id': { facet: 'behavioural', type: 'text', title: 'Id in the system that fills SendGrid' },
  'sendgrid.email_status': { facet: 'explicit', type: 'text', title: 'Standing to e-mail in SendGrid' },
};
