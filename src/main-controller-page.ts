// The page's part of the controller's composition root: a file of its own, loaded only where the page is on.
import type { PageAround } from './controllers/run-options.ts'
import { servePage } from './page/serve.ts'
import type { PageServer } from './page/surroundings.ts'

/** Starts to serve it; how providers read Ingresses is loaded when somebody asks about one. */
export function openPage(around: PageAround): Promise<PageServer> {
  return servePage({ ...around, readers: async () => (await import('./main-readers.ts')).ingressReaders })
}
