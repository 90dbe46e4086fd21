/** An error as the API words it: RFC 7807, media type application/problem+json. */
export interface Problem {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly errors?: readonly { readonly field: string; readonly message: string }[];
}

/** Thrown by the store and the routes, answered by the server. */
export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.title);
    this.problem = problem;
  }
}

/** Wording of titles and details as recorded in public issues; the source stands at each. */
export const problems = {
  // Documented glossary, https://mailchimp.com/developer/marketing/docs/errors/
  notFound: () => problem(404, 'Resource Not Found', 'The requested resource could not be found.'),
  badKey: () =>
    problem(401, 'API Key Invalid', "Your API key may be invalid, or you've attempted to access the wrong datacenter."),
  noKey: () => problem(401, 'API Key Missing', 'Your request did not include an API key.'),
  wrongDataCentre: (own: string) => problem(403, 'Forbidden', `The API key provided is linked to datacenter '${own}'`),
  tooMany: () => problem(429, 'TooManyRequests', 'You have exceeded the limit of 10 simultaneous connections.'),
  invalid: (detail: string, errors?: Problem['errors']) => problem(400, 'Invalid Resource', detail, errors),
  // grouparoo/grouparoo, recorded answer of the Mailchimp plugin's tests
  exists: (address: string) =>
    problem(400, 'Member Exists', `${address} is already a list member. Use PUT to insert or update list members.`),
  notRemovable: () =>
    problem(
      405,
      'Method Not Allowed',
      'This list member cannot be removed. Can not archive a contact that is bounced, pending or archived',
    ),
  // ibericode/mailchimp-for-wordpress#798
  compliance: (address: string) =>
    problem(
      400,
      'Member In Compliance State',
      `${address} is in a compliance state due to unsubscribe, bounce, or compliance review and cannot be subscribed.`,
    ),
  // ibericode/mailchimp-for-wordpress#771
  forgotten: (address: string) => problem(400, 'Forgotten Email Not Subscribed', forgottenSentence(address)),
  // brandonseydel/MailChimp.Net#377: said of saved segments too, where it is misleading
  noStaticSegment: (id: string) =>
    problem(404, 'Resource Not Found', `A Static Segment with an id of ${id} does not exist for this list.`),
  // brandonseydel/MailChimp.Net#160
  noSegmentKind: () =>
    problem(400, 'Invalid Resource', 'Must provide either an "options" field or a "static_segment" field'),
} as const;

export function forgottenSentence(address: string): string {
  return `${address} was permanently deleted and cannot be re-imported. The contact must re-subscribe to get back on the list.`;
}

function problem(status: number, title: string, detail: string, errors?: Problem['errors']): ProblemError {
  return new ProblemError({ status, title, detail, ...(errors === undefined ? {} : { errors }) });
}
