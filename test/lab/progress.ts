// Shows the steps of a long start with elapsed time, and says nothing when nobody asked.
import { styleText } from 'node:util'

export type Step = {
  /** Replaces the words behind the step while it runs. */
  note(text: string): void
}

export type Progress = {
  /** Runs one step and shows its name, its time, and the words that `work` answers, if any. */
  step<T>(name: string, work: (step: Step) => Promise<T>, summary?: (result: T) => string): Promise<T>
  /** One line on the side. */
  warn(text: string): void
}

/** For tests: no output at all. */
export const silent: Progress = { step: (_name, work) => work({ note: () => undefined }), warn: () => undefined }

/** "8 s", "3 min 12 s". */
export function elapsed(ms: number): string {
  const seconds = Math.round(ms / 1000)
  return seconds < 100 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

/** One line per step; on a terminal the line of the running step shows the time as it passes. */
export function lines(out: NodeJS.WriteStream, width = 32): Progress {
  return {
    warn: text => void out.write(`  ! ${text}\n`),
    step: async (name, work, summary) => {
      const started = performance.now()
      let words = ''
      const show = (mark: string, end: string) => {
        const time = elapsed(performance.now() - started).padStart(12)
        out.write(`${out.isTTY ? '\r\u001B[K' : ''}  ${mark} ${name.padEnd(width)}${time}${words && `   ${words}`}${end}`)
      }
      const timer = setInterval(
        () => {
          if (out.isTTY) show('…', '')
          else if (performance.now() - started > 29_000) show('…', '\n')
        },
        out.isTTY ? 500 : 30_000,
      )
      try {
        const result = await work({ note: text => (words = text) })
        words = summary?.(result) ?? words
        show(styleText('green', '✔', { stream: out }), '\n')
        return result
      } catch (error) {
        show(styleText('red', '✘', { stream: out }), '\n')
        throw error
      } finally {
        clearInterval(timer)
      }
    },
  }
}
