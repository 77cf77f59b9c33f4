// Every update of a Service, through the true API server, on the fake AWS.
import { afterAll, beforeAll } from 'vitest'
import { startFakeWorld } from '../../test/contract/aws.ts'
import type { FakeWorld } from '../../test/contract/aws.ts'
import { updatePaths } from '../../test/contract/aws-updates.ts'
import type { Account } from '../../test/contract/aws-updates.ts'
import { runController } from '../../test/contract/controller.ts'
import type { RunningController } from '../../test/contract/controller.ts'

let world: FakeWorld
let weir: RunningController
let account: Account

beforeAll(async () => {
  world = await startFakeWorld()
  const { cluster, aws, node } = world
  await cluster.create('/api/v1/nodes', {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'n0' },
    spec: { providerID: node.providerId },
  })
  account = {
    cluster: world,
    clients: aws.clients({ accessKeyId: 'AKIAOTHER' }),
    certificates: [aws.createCertificate({ domain: 'one.example.com' }), aws.createCertificate({ domain: 'two.example.com' })],
    watch: listener => {
      const watch = aws.watch(listener)
      return () => watch.lowest.healthy
    },
  }
  weir = runController({ cluster, providers: ['aws'] })
  await weir.working
})

afterAll(async () => {
  await weir?.[Symbol.asyncDispose]()
  await world?.[Symbol.asyncDispose]()
})

updatePaths(() => account)
