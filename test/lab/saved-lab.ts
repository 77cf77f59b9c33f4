// What another process must know of a lab that stands, as it lies in the state folder.
import { z } from 'zod'

export const saved = z.object({
  server: z.string(),
  token: z.string(),
  nodes: z.number(),
  pods: z.boolean(),
  images: z.array(z.string()),
})

export type SavedLab = z.infer<typeof saved>
