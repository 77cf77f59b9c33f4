// The configuration files of a node: containerd, its network plugins, the kubelet.
import { join } from 'node:path'
import { each, podNetwork } from './addressing.ts'

/** Names as containerd keeps them; Pods say `echo:lab`. */
export const imageNames = {
  pause: 'docker.io/library/pause:lab',
  echo: 'docker.io/library/echo:lab',
  weir: 'docker.io/library/weir:lab',
  envoy: 'docker.io/library/envoy:lab',
} as const

/** `dir` is the node's folder; `plugins` the folder of the CNI programs. */
export function containerdConfig(dir: string, plugins: string): string {
  return `version = 3
root = '${dir}/containerd'
state = '/run/containerd'
imports = []
[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = '${imageNames.pause}'
[plugins.'io.containerd.cri.v1.runtime']
  disable_apparmor = true
  # Without CAP_SYS_RESOURCE a negative score is refused, and runc dies of it.
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
[plugins.'io.containerd.cri.v1.runtime'.cni]
  bin_dirs = ['${plugins}']
  conf_dir = '/run/cni'
[plugins.'io.containerd.nri.v1.nri']
  disable = true
[plugins.'io.containerd.internal.v1.opt']
  path = '${dir}/opt'
`
}

/** Pods get addresses of the node's ranges on a bridge and keep them on the way out: the LAN has routes, not NAT. */
export function networkConfig(index: number): unknown {
  return {
    cniVersion: '1.0.0',
    name: 'lab',
    plugins: [
      {
        type: 'bridge',
        bridge: 'cni0',
        isGateway: true,
        ipMasq: false,
        hairpinMode: true,
        ipam: {
          type: 'host-local',
          ranges: each(podNetwork(index)).map(subnet => [{ subnet }]),
          routes: [{ dst: '0.0.0.0/0' }, { dst: '::/0' }],
        },
      },
      { type: 'portmap', backend: 'nftables', capabilities: { portMappings: true } },
    ],
  }
}

export type KubeletFiles = {
  readonly dir: string
  readonly cgroup: string
  readonly ca: string
  readonly serving: { readonly cert: string; readonly key: string }
}

/** A KubeletConfiguration (kubelet.config.k8s.io/v1beta1): every caller is authenticated and authorised by the API server. */
export function kubeletConfig({ dir, cgroup, ca, serving }: KubeletFiles): unknown {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: ca } },
    authorization: { mode: 'Webhook' },
    tlsCertFile: serving.cert,
    tlsPrivateKeyFile: serving.key,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${cgroup}`,
    failCgroupV1: false,
    failSwapOn: false,
    containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
    // There is no DNS server; without an address the kubelet complains about each Pod.
    clusterDNS: ['10.96.0.10'],
    clusterDomain: 'cluster.local',
    resolvConf: join(dir, 'resolv.conf'),
    makeIPTablesUtilChains: false,
    evictionHard: { 'memory.available': '100Mi' },
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    volumePluginDir: join(dir, 'volume-plugins'),
    // Not a user namespace, but the same tolerance is wanted: what the kernel refuses is not fatal.
    featureGates: { KubeletInUserNamespace: true },
  }
}
