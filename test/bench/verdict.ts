// What was measured beside what it may be.

/** `7.1 <= 8 ✔`. */
export function judged(value: number, most: number, digits = 1): string {
  return `${value.toFixed(digits)} <= ${most} ${value <= most ? '✔' : '✘'}`
}
