// Every update of a Service, through the true API server, on moto: an AWS that we did not write.
import { ImportCertificateCommand } from '@aws-sdk/client-acm'
import { afterAll, beforeAll } from 'vitest'
import { startMotoWorld } from '../../test/contract/aws-moto.ts'
import type { MotoWorld } from '../../test/contract/aws-moto.ts'
import { updatePaths } from '../../test/contract/aws-updates.ts'
import type { Account } from '../../test/contract/aws-updates.ts'
import { runController } from '../../test/contract/controller.ts'
import type { RunningController } from '../../test/contract/controller.ts'
import { selfSigned } from '../../test/fake-aws/certificate-files.ts'

let world: MotoWorld
let weir: RunningController
let account: Account

beforeAll(
  async () => {
    world = await startMotoWorld()
    const { cluster, subject } = world
    await cluster.create('/api/v1/nodes', {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'n0' },
      spec: { providerID: `aws:///us-east-1a/${subject.site.instances[0]}` },
    })
    const pem = await selfSigned('two.example.com')
    const { CertificateArn = '' } = await subject.acm.send(
      new ImportCertificateCommand({ Certificate: pem.certificate, PrivateKey: pem.key }),
    )
    account = {
      cluster: world,
      clients: subject,
      certificates: [subject.site.certificate, CertificateArn],
      listenersKeepProtocol: 'moto modifies listeners of HTTP, HTTPS and TCP only',
    }
    weir = runController({ cluster, providers: ['aws'] })
    await weir.working
  },
  15 * 60 * 1000,
)

afterAll(async () => {
  await weir?.[Symbol.asyncDispose]()
  await world?.[Symbol.asyncDispose]()
})

updatePaths(() => account)
