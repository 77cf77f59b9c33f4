// What the contract suite runs against: the fake, or moto. A test sees only this.
import type { AwsClients } from '../fake-aws.ts'

/** A certificate and its key, as files have them. */
export type Pem = { readonly certificate: Uint8Array; readonly key: Uint8Array }

/** The network every test finds. */
export type Site = {
  readonly vpcId: string
  /** Public subnets in three zones. */
  readonly subnets: readonly [string, string, string]
  /** Private subnets in the same zones. */
  readonly privateSubnets: readonly [string, string, string]
  /** A second public subnet in the first zone. */
  readonly sameZoneSubnet: string
  readonly zones: readonly [string, string, string]
  /** Two running instances, in the first two zones. */
  readonly instances: readonly [string, string]
  /** An address inside the first public subnet. */
  readonly address: string
  readonly certificate: string
  /** A certificate for www.example.com that can be imported. */
  readonly pem: () => Promise<Pem>
  /** A regional web ACL. */
  readonly webAcl: string
  /** The allocation ids of three Elastic IP addresses. */
  readonly allocations: readonly [string, string, string]
}

export type Subject = AsyncDisposable &
  AwsClients & {
    readonly site: Site
    /** Lets load balancers become active, targets healthy and interfaces go away. */
    readonly settle: () => void
  }

/** One sentence of the contract. */
export type ContractTest = { readonly name: string; readonly run: (subject: Subject) => Promise<void> }

/** Names a test. */
export function sentence(name: string, run: ContractTest['run']): ContractTest {
  return { name, run }
}

/** The name of the error that a call fails with, as the SDK surfaces it; `accepted` when it does not fail. */
export async function refusal(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'accepted',
    (error: unknown) => (error instanceof Error ? error.name : String(error)),
  )
}
