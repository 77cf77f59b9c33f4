// Readers of values that only annotations of Ingresses have.
import type { Parsed } from '../../../../src/api/annotations.ts'

/** An ARN of WAFv2, or `none`. */
export function webAcl(text: string): Parsed<string> {
  const value = text.trim()
  return value === 'none' || /^arn:[^:]+:wafv2:/.test(value)
    ? { value }
    : { error: `${JSON.stringify(text)} is neither an ARN of WAFv2 nor none` }
}

/** Codes and ranges of HTTP (200 to 499, with HTTP2 and GRPC targets as well) or gRPC (0 to 99); API_Matcher. */
export function matcherCodes(text: string): Parsed<string> {
  const value = text.replaceAll(' ', '')
  const ranges = value.split(',').map(range => range.split('-').map(Number))
  const fits = /^[0-9]{1,3}(-[0-9]{1,3})?(,[0-9]{1,3}(-[0-9]{1,3})?)*$/.test(value)
  const inside = (from: number, to: number) =>
    ranges.every(range => range.every(code => code >= from && code <= to) && (range[0] ?? 0) <= (range[1] ?? to))
  return fits && (inside(200, 499) || inside(0, 99))
    ? { value }
    : { error: `${JSON.stringify(text)} is no list of codes or ranges from 200 to 499, or from 0 to 99 for gRPC` }
}
