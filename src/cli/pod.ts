// Of a pod, what tells why it gets no traffic.
import type { ObjectMeta } from '../api/kind.ts'

export interface PodOfTargets {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: ObjectMeta
  readonly spec?: {
    readonly nodeName?: string
    readonly containers?: readonly {
      readonly image?: string
      readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[]
    }[]
  }
  readonly status?: {
    readonly phase?: string
    readonly podIPs?: readonly { readonly ip: string }[]
    readonly conditions?: readonly {
      readonly type: string
      readonly status: string
      readonly reason?: string
      readonly message?: string
      readonly lastTransitionTime?: string
    }[]
    readonly containerStatuses?: readonly {
      readonly name: string
      readonly ready: boolean
      readonly state?: {
        readonly waiting?: { readonly reason?: string; readonly message?: string }
        readonly running?: { readonly startedAt?: string }
        readonly terminated?: { readonly reason?: string; readonly exitCode?: number }
      }
    }[]
  }
}

/** Why a pod is not ready, in words that follow a colon; empty when nothing more is known. */
export function whyNotReady(pod: PodOfTargets | undefined): string {
  if (!pod) return ''
  if (pod.metadata.deletionTimestamp !== undefined) return 'it is being deleted'
  const container = (pod.status?.containerStatuses ?? []).find(({ ready }) => !ready)
  if (container) {
    const { waiting, terminated } = container.state ?? {}
    if (waiting) return `container ${container.name} waits: ${waiting.reason ?? 'no reason is known'}`
    if (terminated) return `container ${container.name} ended: ${terminated.reason ?? `exit code ${terminated.exitCode ?? '?'}`}`
    return `container ${container.name} runs, and its readiness probe does not succeed`
  }
  const missing = pod.status?.conditions?.find(({ type, status }) => type === 'Ready' && status !== 'True')
  return missing?.message ?? missing?.reason ?? ''
}
