// How the providers read Ingresses, for those who explain them: the command line and the page.
import { readSettings } from '../providers/local/gateway/annotations/read.ts'
import { readingOptions } from '../providers/local/gateway/tuning.ts'
import { canaryVerdict, wordsOf } from '../providers/local/gateway/words.ts'
import type { IngressReader } from './cli/explain/ingress.ts'

/** The pure part of the local provider. */
const local: IngressReader = {
  read(ingress, lbClass) {
    const { settings, ...reading } = readSettings(ingress, readingOptions(lbClass))
    return { settings, ways: settings.ways, ...reading }
  },
  words: (ingress, asking) => wordsOf(readSettings(ingress).settings, asking),
  canary: (ingress, headers) => {
    const { canary } = readSettings(ingress).settings
    return canary && canaryVerdict(canary, headers)
  },
}

export const ingressReaders = { local } as const
