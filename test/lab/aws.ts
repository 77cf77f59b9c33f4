// `npm run lab -- --aws`: moto on the lab's network, the controller with the aws provider, a sample Service and what became of it.
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
}

/** Starts moto with a VPC in it where the nodes can reach it. */
export async function startAws(lab: Lab, signal?: AbortSignal): Promise<LabAws> {
  const program = await motoProgram(signal ? { signal } : {})
  const place = await lab.attach('aws', address)
  const moto = await place.start('moto', [program, '-H', '0.0.0.0', '-p', '5000'], { MOTO_ACCOUNT_ID: '111122223333' })
  await moto.untilLine(/Running on/, 60_000)
  const { vpcId } = z.object({ vpcId: z.string() }).parse(await ask(place, 'network'))
  return { vpcId, resources: async () => z.array(z.array(z.string())).parse(await ask(place, 'resources')) }
}

async function ask(place: Place, verb: 'network' | 'resources'): Promise<unknown> {
  return JSON.parse(await place.exec([process.execPath, account, verb, url]))
}

/** Turns the aws provider on beside the local one, and applies the sample. */
export async function installAws(lab: Lab, { vpcId }: LabAws): Promise<void> {
  await lab.kubectl([
    'apply',
    '-f',
    join(root, 'deploy', 'aws', 'rbac.yaml'),
    '-f',
    join(root, 'deploy', 'aws', 'readiness-gate.yaml'),
  ])
  const environment = {
    ...credentials,
    AWS_EC2_METADATA_DISABLED: 'true',
    WEIR_AWS_VPC_ID: vpcId,
  }
  const env = Object.entries(environment).map(([name, value]) => ({ name, value }))
  const container = { name: 'controller', args: ['--providers=local,aws'], env }
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

/** Waits until the sample Service serves, and prints it and everything that was made for it. Throws LabError when it does not. */
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
  print(`\nIn AWS (moto at ${url}), in ${aws.vpcId}, for default/web-aws at ${last?.loadBalancer?.ingress?.[0]?.hostname ?? ''}:`)
  const rows = await aws.resources()
  const width = (column: number) => Math.max(...rows.map(row => row[column]?.length ?? 0))
  for (const [kind = '', name = '', like = ''] of rows) print(`  ${kind.padEnd(width(0))}  ${name.padEnd(width(1))}  ${like}`)
}

/** How to ask moto oneself while the lab stands, as lines. */
export function askAws(lab: Pick<Lab, 'name'>): readonly string[] {
  const on = `npm run lab -- ${nameFlag(lab.name)}on client`
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_REGION: region } = credentials
  // Flags, because older versions of the program do not know all the variables.
  const cli = `aws --endpoint-url ${url} --region ${region} elbv2 describe-load-balancers`
  return [`${on} curl ${url}/moto-api/data.json`, `${on} env AWS_ACCESS_KEY_ID=${id} AWS_SECRET_ACCESS_KEY=${secret} ${cli}`]
}
