/** What is wrong with one field of a request, as google.rpc.BadRequest tells it. */
export interface Violation {
  readonly field: string;
  readonly description: string;
  readonly reason: string;
}

/** A refusal of the simulated API. */
export class ApiError extends Error {
  readonly status: number;
  /** google.rpc.Code as a word. */
  readonly word: string;
  readonly reason: string;
  readonly violations: readonly Violation[];

  constructor(status: number, word: string, reason: string, message: string, violations: readonly Violation[] = []) {
    super(message);
    this.status = status;
    this.word = word;
    this.reason = reason;
    this.violations = violations;
  }
}

const PROBLEM = 'There was a problem with the request.';

export const problems = {
  unauthenticated: () =>
    new ApiError(401, 'UNAUTHENTICATED', 'ACCESS_TOKEN_EXPIRED', 'Request had invalid authentication credentials.'),
  permission: (reason = 'PERMISSION_DENIED') =>
    new ApiError(403, 'PERMISSION_DENIED', reason, 'The caller does not have permission'),
  notFound: () => new ApiError(404, 'NOT_FOUND', 'NOT_FOUND', 'Requested entity was not found.'),
  exhausted: () =>
    new ApiError(429, 'RESOURCE_EXHAUSTED', 'RESOURCE_EXHAUSTED', 'Resource has been exhausted (e.g. check quota).'),
  unavailable: () => new ApiError(503, 'UNAVAILABLE', 'UNAVAILABLE', 'The service is currently unavailable.'),
  invalid: (violations: readonly Violation[]) =>
    new ApiError(400, 'INVALID_ARGUMENT', 'INVALID_ARGUMENT', PROBLEM, violations),
  field: (field: string, reason: string, description: string) =>
    new ApiError(400, 'INVALID_ARGUMENT', 'INVALID_ARGUMENT', PROBLEM, [{ field, reason, description }]),
} as const;

/** google.rpc.Status with the details that the API sends (recorded by a connector of another project). */
export function errorBody(error: ApiError, requestId: string): object {
  const type = (name: string): string => `type.googleapis.com/google.rpc.${name}`;
  const info = { '@type': type('ErrorInfo'), reason: error.reason, domain: 'datamanager.googleapis.com' };
  return {
    error: {
      code: error.status,
      message: error.message,
      status: error.word,
      details: [
        { ...info, metadata: { requestId } },
        { '@type': type('RequestInfo'), requestId },
        ...(error.violations.length === 0 ? [] : [{ '@type': type('BadRequest'), fieldViolations: error.violations }]),
      ],
    },
  };
}
