// Ages of things, counted where they are looked at.
import { page, say } from './dom.ts'

/** `12 s`, `3 min`, `5 h`, `8 d`. */
export function ageText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h`
  return `${Math.floor(seconds / 86_400)} d`
}

/** Writes the age into every `time` of the page. */
export function writeAges(now: number): void {
  for (const time of page.querySelectorAll('time')) {
    const since = Date.parse(time.getAttribute('datetime') ?? '')
    say(time, Number.isNaN(since) ? '–' : ageText(now - since))
  }
}
