// The one error of the fake: what AWS would answer, by the code that stands on the wire.

/** An answer of AWS that is an error. The SDK surfaces `code`, or the class its model has for that code, as the error's `name`. */
export class AwsError extends Error {
  /** The code on the wire, for instance `LoadBalancerNotFound`. */
  readonly code: string
  readonly status: number

  constructor(code: string, message: string, status: number) {
    super(message)
    this.name = 'AwsError'
    this.code = code
    this.status = status
  }
}

/** Codes that are not answered with 400 (the Common Errors pages of the API references; for EC2 the page "Error codes"). */
const statuses: Readonly<Record<string, number>> = {
  AccessDenied: 403,
  AuthFailure: 401,
  ExpiredToken: 403,
  HealthUnavailable: 500,
  InsufficientCapacity: 500,
  InternalError: 500,
  InternalFailure: 500,
  InvalidClientTokenId: 403,
  MissingAuthenticationToken: 403,
  NotImplemented: 501,
  PriorRequestNotComplete: 429,
  RequestLimitExceeded: 503,
  ServiceUnavailable: 503,
  Unavailable: 503,
  UnauthorizedOperation: 403,
  UnrecognizedClientException: 403,
}

/** The error AWS answers with `code`; without a status, the one AWS's documents give the code. */
export function awsError(code: string, message: string, status?: number): AwsError {
  return new AwsError(code, message, status ?? statuses[code] ?? 400)
}

/** ELBv2's word for a parameter that breaks a rule of its own (Elastic Load Balancing API Reference, Common Errors). */
export function invalid(message: string): AwsError {
  return awsError('ValidationError', message)
}
