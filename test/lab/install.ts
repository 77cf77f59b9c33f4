// Installs Weir in the lab the way a user does, with kubectl and the files of crds/ and deploy/, and waits until it runs.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { selfSigned } from '../fake-aws/certificate-files.ts'
import { attempt } from './command.ts'
import { LabError } from './errors.ts'
import type { Lab } from './lab.ts'

const root = join(import.meta.dirname, '..', '..')
const crds = join(root, 'crds')

/** Builds the bundle of this checkout and answers its folder; throws LabError `build-failed` with what the build said. */
export async function buildBundle(signal?: AbortSignal): Promise<string> {
  const { code, stdout, stderr } = await attempt([process.execPath, join(root, 'deploy', 'build.ts')], { cwd: root, signal })
  if (code !== 0)
    throw new LabError(
      'build-failed',
      `npm run build failed: ${(stderr.trim() || stdout.trim()).split('\n').slice(-3).join('\n')}`,
    )
  return join(root, 'dist')
}

/** How many of its Pods run, in words: "controller 2/2, agents 3/3, gateways 3/3". */
export async function installWeir(lab: Lab, timeoutSeconds = 60): Promise<string> {
  if (!existsSync(crds) || !readdirSync(crds).some(file => file.endsWith('.yaml'))) {
    throw new LabError('not-ready', 'Weir cannot be installed: there is nothing in crds/.', 'Make it: npm run generate')
  }
  await lab.kubectl(['apply', '--server-side', '-f', crds])
  await lab.kubectl(['wait', '--for=condition=Established', '--timeout=30s', '-f', crds])
  await lab.kubectl(['apply', '-k', join(root, 'deploy', 'lab')])
  await rollout(lab, timeoutSeconds)
  const of = (kind: string, ready: string, wanted: string) =>
    lab.kubectl(['-n', 'weir-system', 'get', kind, '-o', `jsonpath={.status.${ready}}/{.status.${wanted}}`])
  const [controller, agents, gateways] = await Promise.all([
    of('deployment/weir-controller', 'readyReplicas', 'replicas'),
    of('daemonset/weir-agent', 'numberReady', 'desiredNumberScheduled'),
    of('daemonset/weir-gateway', 'numberReady', 'desiredNumberScheduled'),
  ])
  return `controller ${controller}, agents ${agents}, gateways ${gateways}`
}

async function rollout(lab: Lab, timeoutSeconds: number): Promise<void> {
  const workloads = ['deployment/weir-controller', 'daemonset/weir-agent', 'daemonset/weir-gateway']
  const results = await Promise.all(
    workloads.map(workload =>
      lab.tryKubectl(['-n', 'weir-system', 'rollout', 'status', workload, `--timeout=${timeoutSeconds}s`]),
    ),
  )
  const failed = workloads.filter((_, index) => results[index]?.code !== 0)
  if (failed.length === 0) return
  const pods = await lab.tryKubectl(['-n', 'weir-system', 'get', 'pods', '-o', 'wide'])
  const logs = await Promise.all(failed.map(workload => lab.tryKubectl(['-n', 'weir-system', 'logs', workload, '--tail=5'])))
  const words = [pods.stdout, ...logs.map(log => log.stdout || log.stderr)].join('\n').trim()
  throw new LabError('not-ready', `${failed.join(' and ')} did not become ready in ${timeoutSeconds} s.\n${words}`)
}

/** With a certificate that is made anew for each lab. */
async function applyIngresses(lab: Lab): Promise<void> {
  const { certificate, key } = await selfSigned('secure.example.com')
  const data = { 'tls.crt': Buffer.from(certificate).toString('base64'), 'tls.key': Buffer.from(key).toString('base64') }
  const metadata = { name: 'secure-example-com', namespace: 'default' }
  const secret = { apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/tls', metadata, data }
  await lab.kubectl(['apply', '-f', '-'], JSON.stringify(secret))
  await lab.kubectl(['apply', '-f', join(import.meta.dirname, 'samples', 'ingresses.yaml')])
}

/** Applies the sample workloads, and the sample Services when Weir is there, and waits until the Pods are ready. */
export async function applySamples(lab: Lab, weirInstalled: boolean): Promise<void> {
  const samples = (file: string) => lab.kubectl(['apply', '-f', join(import.meta.dirname, 'samples', file)])
  if (weirInstalled) await samples('weir.yaml')
  await Promise.all([
    samples('workloads.yaml'),
    samples('services.yaml'),
    ...(weirInstalled ? [samples('pods.yaml'), applyIngresses(lab)] : []),
  ])
  await Promise.all(['web', 'dns'].map(name => lab.kubectl(['rollout', 'status', `deployment/${name}`, '--timeout=60s'])))
}
