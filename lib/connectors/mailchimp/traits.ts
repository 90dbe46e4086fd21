import type { TraitKinds } from '../../domain/facet/catalogue.ts';

/** What kind of data Mailchimp's own traits are. */
export const traits: TraitKinds = {
  'mailchimp.status': { facet: 'explicit', type: 'text', title: 'Status in the newsletter list' },
  'mailchimp.vip': { facet: 'implicit', type: 'boolean', title: 'VIP of the newsletter' },
  'mailchimp.source': { facet: 'behavioural', type: 'text', title: 'How the list was joined' },
  'mailchimp.open_rate': { facet: 'behavioural', type: 'number', title: 'Share of e-mails opened' },
  'mailchimp.click_rate': { facet: 'behavioural', type: 'number', title: 'Share of e-mails clicked' },
  'mailchimp.rating': { facet: 'implicit', type: 'number', title: 'Engagement as Mailchimp rates it' },
  'mailchimp.tags': { facet: 'implicit', type: 'list', title: 'Tags' },
  // Merge fields are the fields of the sign-up form.
  'mailchimp.merge': { facet: 'explicit', title: 'Sign-up form' },
};
