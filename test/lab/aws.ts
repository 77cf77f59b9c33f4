// `npm run lab -- --aws`: moto on the lab's network, the controller with the aws provider, a sample Service and a group of Ingresses,
// and what became of them.
import { join } from 'node:path'
import { z } from 'zod'
import { motoProgram } from '../fake-aws/moto.ts'
import { LabError } from './errors.ts'
import { nameFlag } from './lab.ts'
import type { Lab } from './lab.ts'
import type { Place } from './place.ts'
import { newestPod } from './newest-pod.ts'
import { waitFor } from './waiting.ts'

const address = '10.201.0.5'
const url = `http://${address}:5000`
const root = join(import.meta.dirname, '..', '..')
const account = join(import.meta.dirname, 'aws-account.ts')

/** How the controller reaches moto, and everybody else. */
const credentials = {
  AWS_ENDPOINT_URL: url,
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'AKIALAB',
  AWS_SECRET_ACCESS_KEY: 'lab',
}

/** Moto as it stands in the lab; it goes with the lab. */
export interface LabAws {
  readonly vpcId: string
  /** Everything of ours that is there: kind, name, what it is like. */
  resources(): Promise<readonly (readonly string[])[]>
  /** The rules of its load balancers, one row for each. */
  rules(): Promise<readonly (readonly string[])[]>
}

/** Starts moto with a VPC in it where the nodes can reach it. */
export async function startAws(lab: Lab, signal?: AbortSignal): Promise<LabAws> {
  const program = await motoProgram(signal ? { signal } : {})
  const place = await lab.attach('aws', address)
  const moto = await place.start('moto', [program, '-H', '0.0.0.0', '-p', '5000'], { MOTO_ACCOUNT_ID: '111122223333' })
  await moto.untilLine(/Running on/, 60_000)
  const { vpcId } = z.object({ vpcId: z.string() }).parse(await ask(place, 'network'))
  const rows = async (verb: 'resources' | 'rules') => z.array(z.array(z.string())).parse(await ask(place, verb))
  return { vpcId, resources: () => rows('resources'), rules: () => rows('rules') }
}

async function ask(place: Place, verb: 'network' | 'resources' | 'rules'): Promise<unknown> {
  return JSON.parse(await place.exec([process.execPath, account, verb, url]))
}

/** Turns the aws provider on beside the local one, and applies the sample. */
export async function installAws(lab: Lab, { vpcId }: LabAws): Promise<void> {
  await lab.kubectl(['apply', '-k', join(root, 'deploy', 'lab', 'both')])
  const environment = {
    ...credentials,
    AWS_EC2_METADATA_DISABLED: 'true',
    WEIR_AWS_VPC_ID: vpcId,
  }
  const env = Object.entries(environment).map(([name, value]) => ({ name, value }))
  const container = { name: 'controller', env }
  const patch = { spec: { template: { spec: { containers: [container] } } } }
  const system = ['-n', 'weir-system']
  await lab.kubectl([...system, 'patch', 'deployment/weir-controller', '-p', JSON.stringify(patch)])
  const rollout = await lab.tryKubectl([...system, 'rollout', 'status', 'deployment/weir-controller', '--timeout=60s'])
  if (rollout.code !== 0) {
    throw new LabError('not-ready', `the controller with the aws provider did not become ready.\n${await newestController(lab)}`)
  }
  await lab.kubectl(['apply', '-f', join(import.meta.dirname, 'samples', 'aws.yaml')])
}

/** The newest Pod of the controller: how it is, and its last words. The one that it replaces runs on until it is ready. */
async function newestController(lab: Lab): Promise<string> {
  const system = ['-n', 'weir-system']
  const pods = await lab.tryKubectl([...system, 'get', 'pods', '-l', 'app.kubernetes.io/name=weir-controller', '-o', 'json'])
  const newest = newestPod(JSON.parse(pods.stdout || '{"items":[]}'))
  if (!newest) return 'There is no Pod of it.'
  const { code, stdout } = await lab.tryKubectl([...system, 'logs', newest.name, '--tail=5'])
  return code === 0 && stdout !== '' ? `${newest.words}\n${stdout}` : newest.words
}

const sample = z.object({
  status: z.object({
    loadBalancer: z.object({ ingress: z.array(z.object({ hostname: z.string().optional() })).optional() }).optional(),
    conditions: z.array(z.object({ type: z.string(), status: z.string(), reason: z.string(), message: z.string() })).optional(),
  }),
})

/** Waits until the samples serve, and prints them and everything that was made for them. Throws LabError when they do not. */
export async function showAws(lab: Lab, aws: LabAws, print: (text: string) => void, signal?: AbortSignal): Promise<void> {
  let last: z.infer<typeof sample>['status'] | undefined
  const ready = () => last?.conditions?.find(({ type }) => type === 'weir.dev/Ready')
  await waitFor(
    async () => {
      last = sample.parse(await lab.api.call('GET', '/api/v1/namespaces/default/services/web-aws')).status
      return ready()?.status === 'True'
    },
    {
      what: 'default/web-aws to be served',
      timeoutMs: 60_000,
      explain: () => `${ready()?.reason ?? 'no condition'}: ${ready()?.message ?? ''}`,
      ...(signal ? { signal } : {}),
    },
  )
  const hostname = await untilIngresses(lab, ['shop-aws', 'old-aws'], signal)
  print(`\nIn AWS (moto at ${url}), in ${aws.vpcId}, for default/web-aws at ${last?.loadBalancer?.ingress?.[0]?.hostname ?? ''}`)
  print(`and for the Ingresses default/shop-aws and default/old-aws, group edge, at ${hostname}:`)
  printRows(await aws.resources(), print)
  print('\n  What requests to the group meet, in this order:')
  printRows([['LOAD BALANCER', 'LISTENER', 'PRIORITY', 'HOST', 'PATH', 'TO'], ...(await aws.rules())], print)
}

const report = z.object({
  status: z
    .object({
      addresses: z.array(z.string()).optional(),
      conditions: z.array(z.object({ type: z.string(), status: z.string(), message: z.string() })).optional(),
    })
    .optional(),
})

/** Where they are served, once all of them are. */
async function untilIngresses(lab: Lab, names: readonly string[], signal: AbortSignal | undefined): Promise<string> {
  const path = '/apis/weir.dev/v1alpha1/namespaces/default/ingressreports'
  let hostname = ''
  for (const name of names) {
    let words = 'no report yet'
    await waitFor(
      async () => {
        const { status } = report.parse(await lab.api.call('GET', `${path}/${name}`).catch(() => ({})))
        const ready = status?.conditions?.find(({ type }) => type === 'Ready')
        words = ready?.message ?? words
        hostname = status?.addresses?.[0] ?? hostname
        return ready?.status === 'True' && hostname !== ''
      },
      {
        what: `the Ingress default/${name} to be served`,
        timeoutMs: 60_000,
        explain: () => words,
        ...(signal ? { signal } : {}),
      },
    )
  }
  return hostname
}

function printRows(rows: readonly (readonly string[])[], print: (text: string) => void): void {
  const width = (column: number) => Math.max(...rows.map(row => row[column]?.length ?? 0))
  for (const row of rows) print(`  ${row.map((text, column) => text.padEnd(width(column))).join('  ')}`.trimEnd())
}

/** How to ask moto oneself while the lab stands, as lines. */
export function askAws(lab: Pick<Lab, 'name'>): readonly string[] {
  const on = `npm run lab -- ${nameFlag(lab.name)}on client`
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_REGION: region } = credentials
  // Flags, because older versions of the program do not know all the variables.
  const cli = `aws --endpoint-url ${url} --region ${region} elbv2 describe-load-balancers`
  return [`${on} curl ${url}/moto-api/data.json`, `${on} env AWS_ACCESS_KEY_ID=${id} AWS_SECRET_ACCESS_KEY=${secret} ${cli}`]
}
