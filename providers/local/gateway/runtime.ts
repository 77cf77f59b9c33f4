// Limits that Envoy is started with, because no resource can set them.

/** For the bootstrap: expressions of hosts and paths may be larger than Envoy's default allows; what we make stays far below. */
export const layeredRuntime = {
  layers: [{ name: 'weir', static_layer: { re2: { max_program_size: { error_level: 5000, warn_level: 5000 } } } }],
} as const
