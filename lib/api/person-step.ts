/** What a step of a path is not handed on as: API Gateway ends a path at an encoded `?` and has two steps for an encoded `/`. */
const MISREAD = /^\.{1,2}$|[/?#%\\]|\p{Cc}/u;
/** No person is asked for like this: an identifier has a `@`, a `+`, a `=` or a `:`, and a profile id begins with `p_`. */
const WRITTEN = /^~(?:[\w.!'()*-]|~[0-9A-F]{2})+$/;

/**
 * Whom somebody asks for, as a step of a path that arrives: as it is, or where it would be read as more than a step with `~` for
 * each `%` of its percent-encoding and a `~` before. `crm=a/b` becomes `~crm~3Da~2Fb`.
 */
export function personStep(person: string): string {
  if (!MISREAD.test(person)) return person;
  return `~${encodeURIComponent(person).replaceAll('~', '%7E').replaceAll('%', '~')}`;
}

/** Whom a step of a path asks for. */
export function personIn(step: string): string {
  if (!WRITTEN.test(step)) return step;
  try {
    return decodeURIComponent(step.slice(1).replaceAll('~', '%'));
  } catch {
    return step; // No text in UTF-8, so nobody.
  }
}
