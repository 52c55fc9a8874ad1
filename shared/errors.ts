// The one error type that crosses layers. Lower layers throw it with a code; only http/ knows status numbers.
// A message says what is wrong and what would be right.

export type ErrorCode =
  | 'malformed_json'
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  | 'method_not_allowed'
  | 'request_timeout'
  | 'too_large'
  | 'unsupported_media_type'
  | 'invalid_input'
  | 'overloaded'
  | 'model_unavailable'
  | 'internal';

export class ServiceError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ServiceError';
    this.code = code;
  }
}
