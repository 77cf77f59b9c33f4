// Listeners for HTTP and HTTPS.
import type { ApplicationAction } from '../../actions/application.ts'
import type { HttpListener } from '../../model/application.ts'
import { foundListener } from '../../snapshots/shapes.ts'
import { makeListener, optionalTags } from '../make.ts'
import { idIn } from '../run.ts'
import type { Run } from '../run.ts'
import { certificateArn } from './certificates.ts'
import { actionsInput } from './rule-inputs.ts'
import { oidcClients } from './secrets.ts'

type Step<Kind extends ApplicationAction['kind']> = (
  run: Run,
  action: Extract<ApplicationAction, { readonly kind: Kind }>,
) => Promise<void>

export const createHttpListener: Step<'create-http-listener'> = async (run, { listener }) => {
  await makeListener(run, listener.port, { ...(await listenerInput(run, listener)), ...optionalTags(listener.tags) })
}

export const modifyHttpListener: Step<'modify-http-listener'> = async (run, { listener, arn }) => {
  const { calls, pictures } = run.location
  const input = { ListenerArn: arn, ...(await listenerInput(run, listener)) }
  const { Listeners = [] } = await calls.elb('ModifyListener', input, run.caller)
  for (const changed of Listeners.map(foundListener)) pictures.listeners.put(changed)
}

async function listenerInput(run: Run, { port, protocol, certificates, tlsPolicy, defaultActions }: HttpListener) {
  const [first] = certificates
  const client = await oidcClients(run, defaultActions)
  return {
    Protocol: protocol,
    Port: port,
    DefaultActions: actionsInput(defaultActions, { targetGroup: key => idIn(run, `target-group/${key}`), client }),
    ...(first === undefined ? {} : { Certificates: [{ CertificateArn: certificateArn(run, first) }] }),
    ...(tlsPolicy === undefined ? {} : { SslPolicy: tlsPolicy }),
  }
}
