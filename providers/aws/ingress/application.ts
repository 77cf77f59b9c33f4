// What a group of Ingresses asks of its load balancer: every member alone, then together, with what is told of each. Pure.
import { classDefault as classDefaultRoute } from '../../../src/model/routing/class-default.ts'
import { memberKey } from '../../../src/model/routing/model.ts'
import { secretKey } from '../../../src/model/ingress-group.ts'
import type { IngressGroupGoal } from '../../../src/model/ingress-group.ts'
import type { Problem } from '../../../src/model/load-balancer.ts'
import type { ListenPort } from '../annotations/ingress/listen-ports.ts'
import { quotas } from '../limits.ts'
import type { HttpListener, WebAcl } from '../model/application.ts'
import type { ApplicationSettings, ApplicationWish } from '../model/application-wish.ts'
import { hashOf } from '../model/ledger.ts'
import type { LedgerIngress, Place } from '../model/ledger.ts'
import { invalidSettings, warns } from '../model/problems.ts'
import type { Existing } from '../settings/wish.ts'
import { createWays, loopsEverywhere } from './actions.ts'
import { balancerAttributes, httpListenerAttributes } from './attributes.ts'
import { doors } from './doors.ts'
import type { Picker, Port } from './doors.ts'
import { listenerCertificates } from './certificates.ts'
import { listenerProgram } from './listener-rules.ts'
import type { ListenerProgram } from './listener-rules.ts'
import { askedNow, sortMembers } from './members.ts'
import { portsOf } from './ports.ts'
import { createReport } from './report.ts'
import type { Standing } from './rules/merge.ts'
import { readIngressSettings } from './settings.ts'
import { createTargetGroups } from './target-groups.ts'
import type { AskedValues, IngressSettings, Served } from './asked.ts'

export interface Around {
  /** Those that have a part by the ledger, with what each asked for when that was last good. */
  readonly before: readonly LedgerIngress[]
  readonly existing: Existing
  readonly place: Place
  /** Certificates by host, of `hostsToDiscover`. */
  readonly discovered: ReadonlyMap<string, string>
  /** Keys of Secrets whose certificates are in ACM. */
  readonly imported: ReadonlySet<string>
  /** What AWS does not have of what a member asks for the whole load balancer. */
  readonly refused?: (member: Served) => readonly Problem[]
  /** ARNs that members name and ACM does not have. */
  readonly absent?: ReadonlySet<string>
  /** ARN of the web ACL that a name means; undefined for one that is not there. */
  readonly webAclNamed: (name: string) => string | undefined
  /** What stands at a port, so that as little as possible changes. */
  readonly standing?: (port: number) => Standing | undefined
}

/** The usual policy of AWS Load Balancer Controller. */
const usualTlsPolicy = 'ELBSecurityPolicy-2016-08'
const nearly = 0.9

export function applicationWish(goal: IngressGroupGoal<IngressSettings>, around: Around): ApplicationWish {
  const { served, problems } = sortMembers(goal, around)
  const report = createReport(goal, problems)
  const tell = (key: string, problem: Problem) => report.tell(key, problem)
  const pick = <Name extends keyof AskedValues>(name: Name): AskedValues[Name] | undefined =>
    served.find(({ settings }) => settings.values[name] !== undefined)?.settings.values[name]
  const scheme = pick('scheme') ?? (around.existing === 'none' ? undefined : around.existing.scheme) ?? 'internal'
  const ipAddressType = pick('ipAddressType') ?? 'ipv4'
  const dualstack = ipAddressType !== 'ipv4'
  const groups = createTargetGroups(dualstack)
  const ways = createWays({
    members: new Map(served.map(each => [each.key, each])),
    ofClass: readIngressSettings({ metadata: { name: '' } }, goal.class).settings,
    services: goal.services,
    groups,
    secretHash: (namespace, name) => goal.secrets.get(secretKey({ kind: 'oidc', namespace, name }))?.good?.fingerprint ?? '',
    tell: (route, problem) => report.tellRoute(route, problem),
  })
  const classDefault = classDefaultRoute(goal.class, {
    service: (namespace, name) => goal.services.get(`${namespace}/${name}`)?.service,
  })
  const ports = joinPorts(served)
  const sslRedirect = pick('sslRedirect')
  const redirects = sslRedirect !== undefined && ports.get(sslRedirect)?.protocol === 'HTTPS'
  if (sslRedirect !== undefined && !redirects)
    for (const each of served.filter(({ settings }) => settings.values.sslRedirect !== undefined))
      report.tell(
        each.key,
        invalidSettings(`ssl-redirect names port ${sslRedirect}, at which no HTTPS listener is.`, 'Add it to listen-ports.'),
      )

  const imports = new Map<string, ApplicationSettings['imports'][number]>()
  const programs: ListenerProgram[] = []
  const listeners = (standing: Around['standing']): readonly HttpListener[] =>
    [...ports.values()].flatMap(listen => {
      const { port, protocol, members } = listen
      const certificates = protocol === 'HTTPS' ? listenerCertificates(members, { ...around, secrets: goal.secrets }) : undefined
      for (const each of certificates?.imports ?? []) imports.set(each.key, each)
      for (const [key, list] of certificates?.problems ?? []) for (const problem of list) tell(key, problem)
      if (certificates?.certificates.length === 0) {
        for (const { key } of members) tell(key, withoutCertificate(port))
        return []
      }
      const stood = standing?.(port)
      const isRedirect = protocol === 'HTTP' && redirects
      const options = { ways, ...(classDefault ? { classDefault } : {}), ...(stood ? { standing: stood } : {}) }
      const program = isRedirect ? undefined : listenerProgram(members, listen, options)
      if (program) programs.push(program)
      const attributes = Object.assign(
        {},
        ...members.toReversed().map(({ settings: { values, suffixed } }) => ({
          ...values.listenerAttributes,
          ...suffixed.listenerAttributes.get(`${protocol}-${port}`),
        })),
      )
      const tlsPolicy = members.find(({ settings }) => settings.values.tlsPolicy !== undefined)?.settings.values.tlsPolicy
      return [
        {
          port,
          protocol,
          certificates: certificates?.certificates ?? [],
          ...(protocol === 'HTTPS' ? { tlsPolicy: tlsPolicy ?? usualTlsPolicy } : {}),
          attributes: httpListenerAttributes(attributes, protocol),
          defaultActions: program?.defaultActions ?? [redirectTo(sslRedirect ?? 443)],
          rules: program?.rules ?? [],
          tags: {},
        },
      ]
    })

  for (const { key, settings, ingress } of served) {
    const open = portsOf(ingress, settings.values).find(({ protocol }) => protocol === 'HTTP')
    if (open && !redirects && asksWho(settings.values)) tell(key, letIn(open.port))
  }
  const plain = listeners(undefined)
  report.routes(programs.splice(0), {
    loops: route => {
      const owner =
        'ingress' in route.origin
          ? served.find(({ key }) => 'ingress' in route.origin && key === memberKey(route.origin.ingress))
          : undefined
      const action =
        owner && route.backend.kind === 'action' ? owner.settings.suffixed.actions.get(route.backend.name) : undefined
      return (
        owner !== undefined &&
        action?.kind === 'redirect' &&
        loopsEverywhere(action, route, portsOf(owner.ingress, owner.settings.values))
      )
    },
  })
  const stood = around.standing ? listeners(around.standing) : plain
  const tags: Readonly<Record<string, string>> = Object.assign(
    {},
    ...served.toReversed().map(({ settings }) => settings.values.tags),
  )
  const used = new Set(
    plain.flatMap(({ defaultActions, rules }) => [defaultActions, ...rules.map(({ actions }) => actions)].flatMap(ownGroups)),
  )
  const targetGroups = [...groups.all()].flatMap(([key, { settings, tags: own }]) =>
    used.has(key) ? [{ ...settings, ...(Object.keys(own).length > 0 ? { tags: own } : {}) }] : [],
  )
  const { securityGroups, rules } = doors(served, [...ports.values()], { dualstack, pick })
  const webAcl = webAclOf(pick, around, served, tell)
  const optional = {
    name: pick('name'),
    capacityUnits: pick('capacityUnits'),
    customerOwnedIpv4Pool: pick('customerOwnedIpv4Pool'),
    ipamIpv4Pool: pick('ipamIpv4Pool'),
  }
  const named = pick('subnets')
  const settings: ApplicationSettings = {
    loadBalancer: {
      ...present(optional),
      scheme,
      schemeAsked: pick('scheme') !== undefined,
      ipAddressType,
      subnets: named === undefined ? {} : { named },
      ipv6SourceNat: false,
      attributes: balancerAttributes(Object.assign({}, ...served.toReversed().map(each => each.settings.values.attributes)), {
        scheme,
        ipAddressType,
      }),
    },
    securityGroups,
    targetGroups,
    tags,
    deletionPolicy: served.some(each => each.settings.values.deletionPolicy === 'retain') ? 'retain' : 'delete',
    allowInterruption: served.some(each => each.settings.values.allowInterruption),
    listeners: plain,
    imports: [...imports.values()],
    ...(webAcl === undefined ? {} : { webAcl }),
  }
  tellNearQuota(settings, served, tell)
  const { backendSecurityGroup, targetSecurityGroupTags, externalManagedTags } = goal.class.spec.aws ?? {}
  const hash = hashOf({
    settings,
    rules,
    place: around.place,
    backendSecurityGroup,
    targetSecurityGroupTags,
    externalManagedTags,
  })
  return {
    settings: { ...settings, listeners: stood },
    hash,
    frontendRules: rules,
    ingresses: served.map(({ id: { namespace, name, uid }, ingress }) => ({ namespace, name, uid, asked: askedNow(ingress) })),
    members: report.all(),
    leading: groups.leading(),
  }
}

/** By port, the lowest first. Who came first says what a port speaks; nobody who is served contradicts. */
function joinPorts(served: readonly Served[]): ReadonlyMap<number, Port> {
  const ports = new Map<
    number,
    { readonly port: number; readonly protocol: ListenPort['protocol']; readonly members: Served[] }
  >()
  for (const each of served) {
    for (const { port, protocol } of portsOf(each.ingress, each.settings.values)) {
      const known = ports.get(port) ?? { port, protocol, members: [] }
      known.members.push(each)
      ports.set(port, known)
    }
  }
  return new Map([...ports].toSorted(([one], [other]) => one - other))
}

function ownGroups(actions: HttpListener['defaultActions']): readonly string[] {
  return actions.flatMap(action => (action.kind === 'forward' ? action.to.flatMap(to => ('own' in to ? [to.own] : [])) : []))
}

function redirectTo(port: number): HttpListener['defaultActions'][number] {
  return {
    kind: 'redirect',
    protocol: 'HTTPS',
    host: '#{host}',
    port: String(port),
    path: '/#{path}',
    query: '#{query}',
    status: 301,
  }
}

function webAclOf(
  pick: Picker,
  { webAclNamed }: Around,
  served: readonly Served[],
  tell: (key: string, problem: Problem) => void,
): WebAcl | undefined {
  const name = pick('webAclName')
  const written = pick('webAcl')
  if (name === undefined) return written === undefined ? undefined : written === 'none' ? 'none' : { arn: written }
  if (name === 'none') return 'none'
  const arn = webAclNamed(name)
  if (arn !== undefined) return { arn }
  for (const { key, settings } of served)
    if (settings.values.webAclName === name)
      tell(key, invalidSettings(`There is no web ACL named ${name} in the region.`, 'Correct wafv2-acl-name.'))
  return undefined
}

function asksWho({ authType = 'none', jwt }: AskedValues): boolean {
  return authType !== 'none' || jwt !== undefined
}

/** ALB can ask at HTTPS alone ("Authenticate users", ALB guide). */
function letIn(port: number): Problem {
  const message = `Requests to port ${port} are let in without asking who sends them: it is HTTP.`
  return warns('SettingWithoutEffect', message, 'Add ssl-redirect, or leave HTTP out of listen-ports.')
}

function withoutCertificate(port: number): Problem {
  const message = `Port ${port} is HTTPS and has no certificate, so there is no listener.`
  return {
    ...warns('CertificateNotFound', message, 'Name a certificate by ARN or Secret, or have one issued in ACM for the hosts.'),
    severity: 'blocks',
  }
}

function tellNearQuota(
  { listeners, targetGroups }: ApplicationSettings,
  served: readonly Served[],
  tell: (key: string, problem: Problem) => void,
): void {
  const counts = [
    {
      what: 'rules',
      count: listeners.reduce((sum, { rules }) => sum + rules.length, 0),
      limit: quotas.rulesPerApplicationLoadBalancer,
    },
    { what: 'target groups', count: targetGroups.length, limit: quotas.targetGroupsPerApplicationLoadBalancer },
  ]
  for (const { what, count, limit } of counts) {
    if (count < limit * nearly) continue
    for (const { key } of served)
      tell(key, warns('QuotaNear', `The load balancer has ${count} ${what}; AWS allows ${limit} unless asked for more.`))
  }
}

function present<Values extends object>(values: Values): { [Key in keyof Values]?: Exclude<Values[Key], undefined> } {
  // The same names, but for those without a value.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [Key in keyof Values]?: Exclude<Values[Key], undefined>
  }
}
